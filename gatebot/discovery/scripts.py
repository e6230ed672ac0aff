"""Finds scripts and notebooks that read their data at fixed paths, and tells where their model is afterwards."""

import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gatebot.data.packing import plain_name
from gatebot.discovery import options, tables
from gatebot.discovery.code import Module
from gatebot.discovery.derived_target import codes_of
from gatebot.discovery.entrypoints import PredictionScript, Script, Way
from gatebot.discovery.search_context import (
    SearchContext,
    changed_features,
    chosen,
    dumped,
    prepares,
    start_of,
)
from gatebot.discovery.stages import stages


def submissions(context: SearchContext, wanted: str | None) -> Iterator[Way]:
    """Yield scripts that predict the test rows of a competition."""
    asked = context.data.asked
    for one in chosen(context, wanted) if asked is not None else ():
        answers = [path for path in one.writes if "sub" in path.lower() or "pred" in path.lower()]
        reads = [path for path in one.reads if tables.same(asked.path, path)] if asked else []
        if one.fits and answers and reads:
            yield PredictionScript(
                start_of(context, one), tables.said_for(context.data.main.path, [one]), reads[0], answers[-1]
            )


def scripts(context: SearchContext, wanted: str | None) -> Iterator[Way]:
    """Yield pipeline stages, or single scripts and notebooks, that leave a model."""
    staged = list(stages(context))
    if staged:
        yield from staged
        return
    found = [way for one in chosen(context, wanted) if one.fits and one.runs for way in _script(context, one)]
    yield from [way for way in found if not way.variable] or found


def _script(context: SearchContext, one: Module) -> Iterator[Script]:
    """Yield how to run a script, if it is known what it is given and where its model is then."""
    meant = options.train_options(
        [option for option in one.options if option.command == ""], context.roles.target.column
    )
    if meant is None:
        return
    left = _left(context, one)
    if left is None:
        return
    folder = _folder(context, one)
    notebook = one.path.suffix == ".ipynb"
    start = ("notebook", str(one.path)) if notebook else start_of(context, one)
    before = _before(context, one) if folder == "." else []
    if before and left.variable:
        return
    if folder != "." and not left.variable:
        start = (*start[:-1], posixpath.relpath(start[-1], folder))
    model = left.model
    if meant.has("{model}"):
        model = "{model}"
    elif meant.has("{model_folder}"):
        model = "{model_folder}/" + posixpath.basename(left.model)
    elif model:
        model = _below(folder, model)
    reads_given = meant.has("{train}")
    yield Script(
        (
            *(start_of(context, each) for each in before),
            (*start, *(meant.words if not left.variable or not reads_given else ())),
        ),
        () if reads_given and not left.variable else _read_by(context, [*before, one], folder),
        "" if left.variable else model,
        ask=left.ask,
        asks=left.asks,
        dummies="get_dummies" in one.calls,
        encodes="LabelEncoder" in one.calls,
        folder=folder,
        leaves=tuple(_below(folder, path) for path in (*left.others, *(out for each in before for out in each.writes))),
        variable=left.variable,
        steps=left.steps,
        codes=codes_of([one], context.roles.target.column, context.labels),
    )


@dataclass(frozen=True, slots=True)
class _Left:
    """What a script leaves: a model in a file or a variable, and what its answers take besides."""

    model: str = ""
    variable: str = ""
    steps: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    ask: tuple[str, ...] = ()
    asks: tuple[str, str] = ("", "")


def _left(context: SearchContext, one: Module) -> _Left | None:
    """Return what a script leaves, if that is enough to ask it: a file, or else a variable, or else a second script."""
    if any("predict" in each.methods for each in one.classes.values()):
        return None  # a model whose class is known only while the script runs can be loaded by no other process
    files = {one.dumped.get(path, ""): path for path in dumped(one) if one.dumped.get(path) not in one.steps}
    steps = {one.dumped[path]: path for path in one.dumped if one.dumped[path] in one.steps}
    alone = _takes_rows(context, one) and (bool(one.steps) or not prepares(one))
    fitted = [name for name in one.fitted if name not in one.steps]
    if alone and files and set(steps) == set(one.steps):
        model = next((files[name] for name in reversed(fitted) if name in files), list(files.values())[-1])
        return _Left(model, steps=tuple(steps[name] for name in one.steps), others=tuple(steps.values()))
    outside = [name for name in fitted if name in one.outside]
    if alone and outside and set(one.steps) <= one.outside:
        return _Left(variable=outside[-1], steps=tuple(one.steps))
    return _second_script(context, one)


def _takes_rows(context: SearchContext, one: Module) -> bool:
    """Return whether the model is given columns of the data as they are, also by the scripts that run before."""
    used = (one.features,) if isinstance(one.features, str) else one.features or ()
    here = [one, *_before(context, one)]
    changed = {column for each in here for column in (*changed_features(context, each), *each.partial)}
    return set(used) <= set(context.data.main.columns) and not changed - {context.roles.target.column}


def _before(context: SearchContext, one: Module) -> list[Module]:
    """Return the scripts that write what a script reads, those that run first before the others."""
    found: list[Module] = []
    open_modules = [one]
    while open_modules:
        reads = [path for path in open_modules.pop().reads if not tables.same(context.data.main.path, path)]
        for other in context.modules:
            writes = any(tables.same(path, each) for path in other.writes for each in reads)
            if writes and other.runs and not other.fits and other not in (one, *found):
                found.insert(0, other)
                open_modules.append(other)
    return found


def _second_script(context: SearchContext, one: Module) -> _Left | None:
    """Return the script that reads what another one has saved, and rows, and writes its answers, all at fixed paths."""
    found = []
    for other in context.modules:
        saved = [path for path in dict.fromkeys(one.dumps) if _names(other, path)]
        here = [str(path) for path in context.files.paths if str(path) != context.data.main.path]
        reads = {path for path in other.reads if plain_name(path).endswith(tables.ENDINGS)}
        reads = {path for path in reads if not any(tables.same(each, path) for each in here)}
        writes = [path for path in other.writes if plain_name(path).endswith(".csv")]
        if other is not one and not other.fits and other.runs and saved and len(reads) == 1 and writes:
            others = tuple(path for path in dict.fromkeys(one.dumps) if path != saved[-1])
            found.append(_Left(saved[-1], others=others, ask=start_of(context, other), asks=(reads.pop(), writes[-1])))
    return found[0] if len(found) == 1 else None


def _names(other: Module, path: str) -> bool:
    return any(posixpath.basename(word) == posixpath.basename(path) for word in other.words)


def _folder(context: SearchContext, one: Module) -> str:
    """Return the folder in which a script is started: its own, if its paths lead to the data from there."""
    own = str(one.path.parent)
    data = [each.path for each in (context.data.main, context.data.held) if each is not None]
    for path in one.reads:
        for each in data:
            if tables.same(each, path) and each != posixpath.normpath(path) and _below(own, path) == each:
                return own
    return "."


def _below(folder: str, path: str) -> str:
    return posixpath.normpath(posixpath.join(folder, path))


def _read_by(context: SearchContext, modules: Sequence[Module], folder: str) -> tuple[str, ...]:
    """Return the paths for training rows: those of the data, as the code names them."""
    known = [context.data.main, *([context.data.held] if context.data.held else [])]
    return tuple(dict.fromkeys(_below(folder, tables.said_for(each.path, modules)) for each in known))
