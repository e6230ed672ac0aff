"""Finds the stages of a `dvc.yaml` that end with a model."""

from collections.abc import Iterator

from gatebot.discovery import tables
from gatebot.discovery.derived_target import codes_of
from gatebot.discovery.entrypoints import Script
from gatebot.discovery.search_context import MODEL_FILES, SearchContext, changed_features, prepares


def stages(context: SearchContext) -> Iterator[Script]:
    """Yield the stages of a dvc.yaml up to the one that writes a model."""
    import yaml

    for path in context.files.named("dvc.yaml")[:1]:
        try:
            listed = dict(yaml.safe_load(context.files.text(path)) or {}).get("stages", {})
            lines = [
                (
                    str(stage["cmd"]),
                    [next(iter(out)) if isinstance(out, dict) else str(out) for out in stage.get("outs", ())],
                )
                for stage in listed.values()
            ]
        except (yaml.YAMLError, TypeError, KeyError, AttributeError, ValueError):
            return
        commands: list[tuple[str, ...]] = []
        leaves: list[str] = []
        for line, outs in lines:
            commands.append(tuple(line.split()))
            models = [out for out in outs if out.endswith(MODEL_FILES)]
            leaves += [out for out in outs if out not in models[:1]]
            if models:
                named = [one for one in context.modules if any(str(one.path) in words for words in commands)]
                if not any(prepares(one) or changed_features(context, one) for one in named):
                    known = [context.data.main, *([context.data.held] if context.data.held else [])]
                    yield Script(
                        tuple(commands),
                        tuple(dict.fromkeys(tables.said_for(each.path, named) for each in known)),
                        models[0],
                        encodes=any("LabelEncoder" in one.calls for one in named),
                        leaves=tuple(leaves),
                        codes=codes_of(named, context.roles.target.column, context.labels),
                    )
                return
