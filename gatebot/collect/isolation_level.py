"""Finds the isolation level that this machine can give to the interpreter of a Recipe."""

import os
import stat
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from gatebot.collect.interpreter import found
from gatebot.config.document import Recipe
from gatebot.sandbox import Isolation, Reach, probe


def reach_for(
    recipe: Recipe, least: Isolation, folder: Path, root: Path, environ: Mapping[str, str] | None = None
) -> Reach:
    """Return the highest level, or one lower if only its owner may enter a folder of the interpreter.

    At the highest level, user code runs as another user, who could not start such an interpreter. The level is lowered
    only if `least` permits it; otherwise the sandbox reports the problem.

    Args:
        recipe: names the interpreter.
        least: the lowest level that is accepted.
        folder: the folder that the Recipe's paths are relative to.
        root: the root of the tree.
        environ: provides the PATH.

    Raises:
        UsageError: the interpreter is a file of the tree.
    """
    reach = probe()
    if reach.level is not Isolation.FULL or least >= Isolation.FULL:
        return reach
    interpreter = found(recipe.smoke.python, os.environ if environ is None else environ, folder, root)
    closed = None if interpreter is None else _closed(interpreter.python, *interpreter.readable)
    if closed is None:
        return reach
    lower = reach.at(Isolation.PARTIAL)
    return replace(lower, reasons=(*lower.reasons, f"{closed} may be entered by its owner only"))


def _closed(*paths: Path) -> Path | None:
    """Return the first folder on the way to any of these paths that other users may not enter."""
    for path in paths:
        for place in (path, path.resolve()):
            for folder in reversed(place.parents):
                if not folder.stat().st_mode & stat.S_IXOTH:
                    return folder
    return None
