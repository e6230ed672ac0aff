"""Searches a repository for a way to train, the most certain way first."""

from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

from gatebot.discovery.command_lines import commands
from gatebot.discovery.entrypoints import Builder, Commands, Functions, Native, PredictionScript, Script, Way
from gatebot.discovery.functions import builders, classes, functions, natives
from gatebot.discovery.scripts import scripts, submissions
from gatebot.discovery.search_context import SearchContext, changed_features, chosen, prepares
from gatebot.discovery.sureness import UndeterminedError
from gatebot.errors import UsageError

LOOKS: tuple[Callable[[SearchContext, str | None], Iterator[Way]], ...] = (
    natives,
    commands,
    functions,
    builders,
    submissions,
    scripts,
    classes,
)

WRITE_ONE = (
    "Write pipeline.py with train(rows, seed) -> model and predict(model, rows), and give --train pipeline.py "
    "(it becomes `model.python`)."
)


def entrypoint_of(context: SearchContext, wanted: str | None) -> Way:
    """Return the first way that fits.

    Args:
        context: the repository.
        wanted: a script or module that the user named.

    Raises:
        UsageError: no way fits, or several fit equally well; the message tells what to do.
    """
    for look in LOOKS:
        found = list(look(context, wanted))
        if len(found) == 1:
            return found[0]
        if found:
            named = [file_of(way) for way in found]
            raise UndeterminedError(
                f"several files could be what is trained: {', '.join(named)}",
                f"Say which: gatebot init --train {named[0]} (it becomes `model`).",
                "train",
                tuple(named),
            )
    raise _no_way(context, wanted)


def file_of(way: Way) -> str:
    """Return the file that trains, or the text that stands for it, such as `Makefile`."""
    match way:
        case Native(path=path):
            return path
        case Commands(where=where):
            return where
        case Functions(module=module, folder=folder) | Builder(module=module, folder=folder):
            return str(PurePosixPath(folder) / f"{module.replace('.', '/')}.py")
        case Script(commands=commands):
            return next((word for word in commands[-1] if word.endswith((".py", ".sh", ".ipynb"))), commands[-1][0])
        case PredictionScript(command=command):
            return command[-1]


def _no_way(context: SearchContext, wanted: str | None) -> UsageError:
    """Return an error that tells why nothing fits, and what to do."""
    fits = [one for one in chosen(context, wanted) if one.fits]
    prepared = [one for one in fits if prepares(one)]
    if prepared:
        return UsageError(
            f"{prepared[0].path} prepares features outside of its model, so the model it saves cannot be asked alone",
            f"Put the steps and the model into one scikit-learn Pipeline. Or: {WRITE_ONE}",
        )
    changed = [(one, *each) for one in fits for each in changed_features(context, one).items()]
    if changed:
        one, column, line = changed[0]
        return UsageError(
            f"{one.path}, line {line}, changes `{column}` outside of its model, so the model cannot be asked alone",
            "Put what changes features into a function that training and predicting call, or into a scikit-learn "
            f"Pipeline. Or: {WRITE_ONE}",
        )
    if fits:
        named = ", ".join(str(one.path) for one in fits[:4])
        return UsageError(f"{named}: it cannot be told how to hand it rows and get a model back", WRITE_ONE)
    others = context.files.named("*.R", "*.r", "*.jl", "*.sh")
    if others:
        return UsageError(
            f"{', '.join(map(str, others[:4]))}: it cannot be told how the data gets in and predictions get out",
            "Write gatebot.yml by hand, with `model.train: … {train} {model}` and "
            "`model.predict: … {model} {rows} {predictions}`.",
        )
    notebooks = context.files.named("*.ipynb")
    if notebooks:
        return UsageError(f"only notebooks train here ({', '.join(map(str, notebooks[:3]))})", WRITE_ONE)
    return UsageError("there is nothing here that trains a model", WRITE_ONE)
