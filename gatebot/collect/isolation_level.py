"""The isolation that this machine can give to this recipe's interpreter."""

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
    """The highest level; one lower where the interpreter lies in a folder that only its owner may enter.

    A uid of its own could not start such an interpreter. The level is lowered only where `least` accepts that;
    otherwise the sandbox says what is in the way.

    Args:
        recipe: names the interpreter.
        least: the lowest level that is accepted.
        folder: where the recipe's paths start.
        root: of the tree.
        environ: has the PATH.

    Raises:
        UsageError: the interpreter is a file of the tree's.
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
    """The first folder on the way to any of these that others may not pass."""
    for path in paths:
        for place in (path, path.resolve()):
            for folder in reversed(place.parents):
                if not folder.stat().st_mode & stat.S_IXOTH:
                    return folder
    return None
