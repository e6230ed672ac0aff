"""Tells whether a script's imports of the repository's own code are found from the root only, or beside the script."""

import ast
from collections.abc import Collection
from pathlib import PurePosixPath


def starts_at_root(path: PurePosixPath, code: str, paths: Collection[PurePosixPath]) -> bool:
    """Return whether a script has to be started as a module from the root: `python -m src.train`.

    `python src/train.py` looks for imports beside the script, so that `from src.features import …` fails.

    Args:
        path: the path of the script.
        code: its text.
        paths: the files of the repository.
    """
    folder = path.parent
    named = all(part.isidentifier() for part in path.with_suffix("").parts)
    if folder == PurePosixPath() or not named or "sys.path" in code:
        return False
    imported = _imported(code)
    beside = {name for name in imported if _is_in(folder, name, paths)}
    return not beside and any(_is_in(PurePosixPath(), name, paths) for name in imported)


def _imported(code: str) -> set[str]:
    """Return the first names of all absolute imports."""
    try:
        nodes = list(ast.walk(ast.parse(code)))
    except (SyntaxError, ValueError, RecursionError):
        return set()
    names = {each.name for node in nodes if isinstance(node, ast.Import) for each in node.names}
    names |= {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module and not node.level}
    return {name.partition(".")[0] for name in names}


def _is_in(folder: PurePosixPath, name: str, paths: Collection[PurePosixPath]) -> bool:
    """Return whether a folder holds a module, or a package with or without `__init__.py`."""
    package = folder / name
    return folder / f"{name}.py" in paths or any(
        path.suffix == ".py" and path.is_relative_to(package) for path in paths
    )
