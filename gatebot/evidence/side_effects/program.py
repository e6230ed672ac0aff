"""Calls `predict` twice and reports what changed besides. Python 3.8 and its standard library only."""

from __future__ import annotations

import copy
import os
import random
import sys
from typing import Any, Callable

MOST_FILES = 20000
MOST_NAMES = 20


def run(predict: Callable[[Any], Any], rows: Any, facts: dict[str, Any]) -> dict[str, Any]:
    """Return the side effects of `predict` on a few rows.

    The random state is compared on the second call, because the first one may import libraries that draw numbers.
    """
    few = rows.head(facts["rows"]) if hasattr(rows, "head") else rows[: facts["rows"]]
    few = few.copy() if hasattr(few, "copy") and hasattr(few, "columns") else copy.deepcopy(few)
    folder = os.getcwd()
    files = _files(folder)
    kept = copy.deepcopy(few)
    predict(few)
    changed = _changed(kept, few)
    again = copy.deepcopy(kept)
    before = _random_states()
    predict(again)
    after = _random_states()
    left = _files(folder)
    touched = sorted(name for name in {**files, **left} if files.get(name) != left.get(name))
    return {
        "rows": len(kept),
        "input": changed[:MOST_NAMES],
        "files": touched[:MOST_NAMES],
        "random": sorted(name for name, state in before.items() if after.get(name) != state),
        "folder": os.getcwd() != folder,
    }


def _changed(before: Any, after: Any) -> list[str]:
    """What differs between two tables: a data frame or a list of dicts."""
    if not hasattr(before, "columns"):
        return [] if repr(before) == repr(after) else ["rows"]
    if list(before.columns) != list(after.columns):
        return ["columns"]
    if len(before) != len(after):
        return ["number of rows"]
    if hasattr(before, "index") and not before.index.equals(after.index):
        return ["order of rows"]
    return [str(name) for name in before.columns if not before[name].equals(after[name])]


def _random_states() -> dict[str, str]:
    """The global random state of each library that is loaded, as text."""
    states = {"random": repr(random.getstate())}
    numpy, torch = sys.modules.get("numpy"), sys.modules.get("torch")
    if numpy is not None:
        name, keys, *rest = numpy.random.get_state()
        states["numpy"] = repr((name, keys.tobytes(), rest))
    if torch is not None:
        states["torch"] = repr(torch.random.get_rng_state().tolist())
    return states


def _files(folder: str) -> dict[str, tuple[int, int]]:
    """Size and time of the files of a folder, without caches of Python."""
    found: dict[str, tuple[int, int]] = {}
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in ("__pycache__", ".git")]
        for name in names:
            path = os.path.join(place, name)
            try:
                status = os.lstat(path)
            except OSError:
                continue
            found[os.path.relpath(path, folder)] = (status.st_size, status.st_mtime_ns)
            if len(found) >= MOST_FILES:
                return found
    return found
