"""The search context: what is known when searching for ways to train, and helpers for source files."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import PurePosixPath

from gatebot.discovery.code import Module
from gatebot.discovery.column_roles import ColumnRoles
from gatebot.discovery.derived_target import MADE
from gatebot.discovery.repository_files import RepositoryFiles
from gatebot.discovery.start_folder import starts_at_root
from gatebot.discovery.tables import Data
from gatebot.errors import UsageError

MODEL_FILES = (".joblib", ".pkl", ".pickle", ".sav")
TRANSFORMS = (
    "vectorizer.fit_transform",
    "vec.fit_transform",
    "tfidf.fit_transform",
    "scaler.fit_transform",
    "encoder.fit_transform",
    "ohe.fit_transform",
)


@dataclass(frozen=True, slots=True)
class SearchContext:
    """Everything that is known when searching for ways to train."""

    files: RepositoryFiles
    modules: Sequence[Module]
    data: Data
    roles: ColumnRoles
    settings_file: str = ""

    @property
    def labels(self) -> tuple[str, ...]:
        """The frequent values of the target: all of them, if it has few."""
        return tuple(self.data.main.columns[self.roles.target.column].top or ())


def chosen(context: SearchContext, wanted: str | None) -> Sequence[Module]:
    """Return the modules that may train the model: all, or the one that the user named.

    Raises:
        UsageError: there is no such module.
    """
    if wanted is None:
        return context.modules
    named = [one for one in context.modules if str(one.path) == wanted.removeprefix("./")]
    if not named:
        here = [str(one.path) for one in context.modules]
        near = get_close_matches(wanted, here, n=1, cutoff=0.5)
        guess = f"Did you mean {near[0]}? " if near else ""
        raise UsageError(f"{wanted}: no such Python file", f"{guess}Python files here: {', '.join(here[:8]) or 'none'}")
    return named


def import_name(context: SearchContext, one: Module) -> tuple[str, str]:
    """Return the import name of a file, and the folder from which it can be imported."""
    folder = one.path.parent
    while str(folder / "__init__.py") in context.files:
        folder = folder.parent
    parts = one.path.relative_to(folder).with_suffix("").parts
    if folder != PurePosixPath() and re.search(
        rf"^(from|import) {re.escape('.'.join(folder.parts))}\b",
        "\n".join(context.files.text(each.path) for each in context.modules),
        re.MULTILINE,
    ):
        return ".".join(one.path.with_suffix("").parts), "."
    return ".".join(part for part in parts if part != "__init__"), str(folder)


def start_of(context: SearchContext, one: Module) -> tuple[str, ...]:
    """Return `python src/train.py`, or `python -m pkg.train` if its imports are not found beside it."""
    text = context.files.text(one.path)
    if starts_at_root(one.path, text, context.files.paths):
        return ("python", "-m", ".".join(one.path.with_suffix("").parts))
    package = str(one.path.parent / "__init__.py") in context.files
    if package and re.search(r"^\s*from \.", text, re.MULTILINE):
        return ("python", "-m", import_name(context, one)[0])
    return ("python", str(one.path))


def dumped(one: Module) -> list[str]:
    """Return the model files that a module writes."""
    return [path for path in (*one.dumps, *one.writes) if path.endswith(MODEL_FILES)]


def changed_features(context: SearchContext, one: Module) -> dict[str, int]:
    """Return the columns that a module adds or changes before the model, with their lines; not the target."""
    given = {use.column for use in one.uses if use.weight >= MADE}
    answers = {context.roles.target.column, *(each.column for each in one.derived if each.column in given)}
    return {column: line for column, line in one.made.items() if column not in answers}


def prepares(one: Module) -> bool:
    """Return whether a module transforms features outside of the model, so that the model alone cannot predict."""
    return any(call.lower().endswith(TRANSFORMS) for call in one.calls)
