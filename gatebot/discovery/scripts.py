"""Finds scripts that read their data at fixed paths and write a model or predictions to a file."""

from collections.abc import Iterator, Sequence

from gatebot.discovery import options, tables
from gatebot.discovery.code import Module, Option
from gatebot.discovery.entrypoints import PredictionScript, Script, Way
from gatebot.discovery.search_context import MODEL_FILES, SearchContext, chosen, dumped, prepares, start_of


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
    """Yield pipeline stages, or single scripts, that write a model file."""
    staged = list(_stages(context))
    if staged:
        yield from staged
        return
    for one in chosen(context, wanted):
        runs = one.main or not one.guarded
        if not (one.fits and runs) or prepares(one):
            continue
        meant = options.train_options(_options(one), context.roles.target.column)
        if meant is None:
            continue
        if meant.has("{train}", "{model}"):
            yield Script(
                ((*start_of(context, one), *meant.words),),
                (),
                "{model}",
                dummies="get_dummies" in one.calls,
                encodes=_encodes(one),
            )
        elif dumped(one):
            yield Script(
                (start_of(context, one),),
                _read_by(context, [one]),
                dumped(one)[-1],
                dummies="get_dummies" in one.calls,
                encodes=_encodes(one),
            )


def _stages(context: SearchContext) -> Iterator[Script]:
    """Yield the stages of a dvc.yaml up to the one that writes a model."""
    import yaml

    for path in context.files.named("dvc.yaml")[:1]:
        try:
            stages = dict(yaml.safe_load(context.files.text(path)) or {}).get("stages", {})
            lines = [
                (
                    str(stage["cmd"]),
                    [next(iter(out)) if isinstance(out, dict) else str(out) for out in stage.get("outs", ())],
                )
                for stage in stages.values()
            ]
        except (yaml.YAMLError, TypeError, KeyError, AttributeError, ValueError):
            return
        commands: list[tuple[str, ...]] = []
        for line, outs in lines:
            commands.append(tuple(line.split()))
            models = [out for out in outs if out.endswith(MODEL_FILES)]
            if models:
                named = [one for one in context.modules if any(str(one.path) in words for words in commands)]
                if not any(prepares(one) for one in named):
                    yield Script(
                        tuple(commands), _read_by(context, named), models[0], encodes=any(map(_encodes, named))
                    )
                return


def _read_by(context: SearchContext, modules: Sequence[Module]) -> tuple[str, ...]:
    """Return the paths for training rows: those of the data, as the code names them."""
    known = [context.data.main, *([context.data.held] if context.data.held else [])]
    return tuple(dict.fromkeys(tables.said_for(each.path, modules) for each in known))


def _encodes(one: Module) -> bool:
    return "LabelEncoder" in one.calls


def _options(one: Module) -> list[Option]:
    return [option for option in one.options if option.command == ""]
