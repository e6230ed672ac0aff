"""Finds a `model.python` that is no file of the tree before anything is set up or trained."""

from difflib import get_close_matches
from pathlib import Path, PurePosixPath

from gatebot.config.document import Recipe
from gatebot.core.checkout import Checkout, UnsafePathError
from gatebot.errors import UsageError


def require_model_file(root: Path, folder: PurePosixPath, recipe: Recipe) -> None:
    """Refuse a Recipe whose Python file does not exist.

    Args:
        root: the root of the tree.
        folder: the folder of the configuration, relative to it.
        recipe: names the file, relative to this folder.

    Raises:
        UsageError: there is no such file; the hint names the nearest one.
    """
    name = recipe.model.python
    if name is None:
        return
    checkout, path = Checkout(root), folder / name
    try:
        if checkout.status(checkout.resolved(path)) is not None:
            return
    except (FileNotFoundError, UnsafePathError):
        pass
    raise UsageError(f"`model.python: {name}` does not exist", _near(checkout, path.parent, path.name))


def _near(checkout: Checkout, parent: PurePosixPath, name: str) -> str:
    names = [each for each in checkout.names(parent) if each.endswith(".py")] if checkout.is_folder(parent) else []
    near = get_close_matches(name, names, n=1, cutoff=0.5)
    if near:
        return f"Did you mean `{near[0]}`?"
    return f"Python files there: {', '.join(names[:8]) or 'none'}. The path is relative to gatebot.yml."
