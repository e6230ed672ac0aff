"""Finds commands that train and predict, from options, make variables and usage lines."""

import re
from collections.abc import Iterator, Sequence

from gatebot.discovery import options
from gatebot.discovery.code import Module, Option
from gatebot.discovery.entrypoints import Commands, Script, Way
from gatebot.discovery.search_context import SearchContext, chosen, start_of


def commands(context: SearchContext, wanted: str | None) -> Iterator[Way]:
    """Yield the two commands, or an adapter around them if their output is not in the format that gatebot reads."""
    for train, predict, where in (*_made(context), *_shells(context), *_scripts_with_options(context, wanted)):
        if _says_predictions(context):
            yield Commands(" ".join(train), " ".join(predict), where)
        else:
            yield Script((train,), (), "{model}", ask=predict)
        return


def _scripts_with_options(
    context: SearchContext, wanted: str | None
) -> Iterator[tuple[tuple[str, ...], tuple[str, ...], str]]:
    """Yield Python scripts whose options accept all paths."""
    target = context.roles.target.column
    asking = [(one, words) for one in context.modules if (words := _predicting(one, target)) is not None]
    for one in chosen(context, wanted):
        for command in {option.command for option in one.options}:
            meant = options.train_options(_of(one, command), target)
            if meant is None or not meant.has("{train}", "{model}") or "predict" in f"{command} {one.path.stem}":
                continue
            mine = [(other, words) for other, words in asking if command == "" or other is one]
            if len(mine) == 1:
                other, words = mine[0]
                yield (
                    (*start_of(context, one), *([command] if command else []), *meant.words),
                    (*start_of(context, other), *words),
                    str(one.path),
                )


def _predicting(one: Module, target: str) -> tuple[str, ...] | None:
    for command in {option.command for option in one.options}:
        if not any(word in f"{command} {one.path.stem}" for word in ("predict", "infer", "score")):
            continue
        meant = options.predict_options(_of(one, command), target)
        if meant is not None and meant.has("{model}", "{rows}", "{predictions}"):
            return (*([command] if command else []), *meant.words)
    return None


def _of(one: Module, command: str) -> list[Option]:
    return [option for option in one.options if option.command in ("", command)]


def _made(context: SearchContext) -> Iterator[tuple[tuple[str, ...], tuple[str, ...], str]]:
    """Yield targets of a Makefile that take all paths as variables."""
    for path in context.files.named("Makefile", "makefile")[:1]:
        text = context.files.text(path)
        known = set(re.findall(r"^([A-Za-z_]+)\s*[?:]?=", text, re.MULTILINE))
        used = {name: known & set(re.findall(r"\$[({]([A-Za-z_]+)[)}]", body)) for name, body in _targets(text)}
        if "train" not in used or "predict" not in used:
            return
        target = context.roles.target.column
        train = options.train_variables(sorted(used["train"]), target)
        predict = options.predict_variables(sorted(used["predict"]), target)
        if train and predict and train.has("{train}", "{model}") and predict.has("{model}", "{rows}", "{predictions}"):
            yield ("make", "train", *_pairs(train.words)), ("make", "predict", *_pairs(predict.words)), str(path)


def _targets(text: str) -> Iterator[tuple[str, str]]:
    for found in re.finditer(r"^([A-Za-z][\w-]*)\s*:(?!=)(.*(?:\n\t.*)*)", text, re.MULTILINE):
        yield found[1], found[2]


def _pairs(words: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"{name}={value}" for name, value in zip(words[::2], words[1::2], strict=True))


def _shells(context: SearchContext) -> Iterator[tuple[tuple[str, ...], tuple[str, ...], str]]:
    """Yield scripts in other languages with a usage line, such as `# usage: train.sh DATA MODEL`."""
    found: dict[str, tuple[str, ...]] = {}
    for path in context.files.named("*.sh", "*.R", "*.r", "*.jl"):
        text = context.files.text(path)
        program = {".sh": "sh", ".r": "Rscript", ".jl": "julia"}[path.suffix.lower()]
        program = "bash" if text.startswith(("#!/bin/bash", "#!/usr/bin/env bash")) else program
        listed = _usage(text, path.name) or [
            Option(name.lower(), f"--{name}", required=False)
            for name in re.findall(r"make_option\([^)]*?[\"']--([\w-]+)", text)
        ]
        for word, meaning, needed in (
            ("train", options.train_options, ("{train}", "{model}")),
            ("predict", options.predict_options, ("{model}", "{rows}", "{predictions}")),
        ):
            meant = meaning(listed, context.roles.target.column) if word in path.stem.lower() else None
            if meant is not None and meant.has(*needed):
                found.setdefault(word, (program, str(path), *meant.words))
    if len(found) == 2:
        yield found["train"], found["predict"], found["train"][1]


def _usage(text: str, name: str) -> list[Option]:
    usage = re.search(rf"usage:.*?{re.escape(name)}((?:\s+[\[<]?[A-Z][A-Z_]*[\]>]?)+)", text[:2000], re.IGNORECASE)
    words = re.findall(r"[A-Z][A-Z_]*", usage[1]) if usage else []
    return [Option(word.lower().replace("_", "-"), "", required=True) for word in words]


def _says_predictions(context: SearchContext) -> bool:
    """Return whether the predict code writes the columns that gatebot reads."""
    row_id = context.roles.id
    texts = [
        context.files.text(path)
        for path in context.files.named("*.py", "*.sh", "*.R", "*.r", "*.jl")
        if any(word in path.stem for word in ("predict", "infer", "score", "cli", "main"))
    ]
    return any(
        re.search(r"\bprediction\b", text) and (row_id is None or re.search(rf"\b{re.escape(row_id.column)}\b", text))
        for text in texts
    )
