"""Writes `gatebot_pipeline.py`: `train` and `predict` for a repository that has them under other names."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import assert_never

from gatebot.data.packing import plain_name
from gatebot.discovery import script_adapter
from gatebot.discovery.column_roles import ColumnRoles
from gatebot.discovery.entrypoints import Builder, Functions, PredictionScript, Script

FILE = "gatebot_pipeline.py"
OWN_NAMES = frozenset({"TARGET", "answers", "features", "forget", "predict", "settings", "table", "train", "written"})
PLAIN = ("json", "os", "re", "runpy", "shutil", "subprocess", "sys")

_HEAD = '''\
"""How gatebot trains and asks this repository's model. Written once by `gatebot init`; it is yours: keep it, change it.

{says}
gatebot calls `train(rows, ...)` with labelled rows and `predict(model, rows)` with rows that have no {target!r}.
"""
'''

_FEATURES = '''

def features(rows):
    """What the model is given."""
    return {features}
'''

_TABLE = '''

def table(rows, out):
    """The rows as a file."""
    path = Path(out) / "rows{ending}"
    path.parent.mkdir(parents=True, exist_ok=True)
    {writing}
    return str(path)
'''

_SETTINGS = '''

def settings():
    """The repository's own settings."""
    return yaml.safe_load(Path(__file__).with_name({name}).read_text())
'''


@dataclass(frozen=True, slots=True)
class Columns:
    """What the adapter must know about the data.

    Attributes:
        roles: the roles of the columns.
        features: the features of the model as in the code: a column, several, or None for all but target and id.
        settings: the file that `settings()` reads.
        named: the constant that holds the features: module, folder from which it can be imported, name.
        ending: the extension of the data file, such as `.csv`, `.parquet` or `.jsonl.gz`.
    """

    roles: ColumnRoles
    features: str | tuple[str, ...] | None = None
    settings: str = ""
    ending: str = ".csv"
    named: tuple[str, str, str] | None = None

    def writing(self, rows: str, path: str) -> str:
        """Return the line that writes a data frame in the format of the data file."""
        plain = plain_name(self.ending)
        if plain.endswith((".parquet", ".pq")):
            return f"{rows}.to_parquet({path}, index=False)"
        if plain.endswith((".jsonl", ".ndjson")):
            return f'{rows}.to_json({path}, orient="records", lines=True)'
        tabs = r', sep="\t"' if plain.endswith(".tsv") else ""
        return f"{rows}.to_csv({path}, index=False{tabs})"


def text(way: Functions | Builder | Script | PredictionScript, columns: Columns) -> str:
    """Return the text of the whole file."""
    match way:
        case Functions():
            body, says = _functions(way), f"It calls `{way.train.name}` of {way.module}."
        case Builder():
            body, says = _builder(way), f"It fits the model that `{way.name}` of {way.module} is or makes."
        case Script():
            body, says = script_adapter.script(way, columns), f"It runs {_runs(way)} on the rows that it is given."
        case PredictionScript():
            body, says = (
                script_adapter.submission(way),
                f"It runs `{' '.join(way.command)}` on the rows that it is given.",
            )
        case _:
            assert_never(way)
    folder = way.folder if isinstance(way, Functions | Builder) else "."
    named = columns.named
    importable = named is not None and named[1] == folder and named[2] not in OWN_NAMES
    if not isinstance(way, Functions | Builder) or not importable or "features(" not in body:
        columns = replace(columns, named=None)
    imports, helpers = _needed(body, columns)
    constants, _, functions = body.partition("\n\n\n")
    target = columns.roles.target.column
    head = _HEAD.format(says=says, target=target)
    parts = [
        head.rstrip(),
        f"{imports}{_own_imports(way, columns)}".strip(),
        f"TARGET = {_quoted(target)}\n{constants}".rstrip(),
    ]
    return (
        "\n\n".join(parts) + "\n\n\n" + "\n\n\n".join(part.strip("\n") for part in (helpers, functions) if part) + "\n"
    )


def _needed(body: str, columns: Columns) -> tuple[str, str]:
    """Return the imports and helper functions that the body uses."""
    helpers = "".join(function for name, function in _helpers(columns).items() if re.search(name, body))
    everything = body + helpers
    plain = "".join(f"import {module}\n" for module in PLAIN if re.search(rf"\b{module}\.", everything))
    paths = "from pathlib import Path\n" if "Path(" in everything else ""
    others = {"joblib": "joblib.", "pandas as pd": "pd.", "yaml": "yaml."}
    foreign = "".join(f"import {module}\n" for module, used in others.items() if used in everything)
    return "\n".join(part for part in (plain + paths, foreign) if part), helpers


def _own_imports(way: Functions | Builder | Script | PredictionScript, columns: Columns) -> str:
    if not isinstance(way, Functions | Builder):
        return ""
    start = ""
    if way.folder != ".":
        place = f"sys.path.insert(0, str(Path(__file__).parent / {_quoted(way.folder)}))"
        start = f"\nimport sys\nfrom pathlib import Path\n\n{place}\n"
    names: dict[str, list[str]] = {way.module: [_origin(way)]}
    if isinstance(way, Functions) and way.predict is not None:
        names.setdefault(way.predict_module, []).append(_alias(way.predict.name))
    if way.prepare is not None:
        names.setdefault(way.prepare[0], []).append(way.prepare[1])
    if columns.named is not None:
        names.setdefault(columns.named[0], []).append(columns.named[2])
    lines = "".join(
        f"from {module} import {', '.join(sorted(given))}{'  # noqa: E402' if start else ''}\n"
        for module, given in names.items()
    )
    return f"{start}\n{lines}"


def _origin(way: Functions | Builder) -> str:
    return _alias(way.train.name) if isinstance(way, Functions) else way.name


def _alias(name: str) -> str:
    """Import the name under another name if the adapter's own function would hide it."""
    return f"{name} as own_{name}" if name in ("train", "predict") else name


def _called(name: str) -> str:
    return f"own_{name}" if name in ("train", "predict") else name


def _helpers(columns: Columns) -> dict[str, str]:
    """Return the helper functions that a body may call, by a pattern of such calls."""
    row_id = columns.roles.id.column if columns.roles.id else None
    apart = [columns.roles.target.column, *([row_id] if row_id else [])]
    match columns.features:
        case str() as one:
            features = f"rows[{columns.named[2] if columns.named else _quoted(one)}]"
        case tuple() if columns.named is not None:
            features = f"rows[list({columns.named[2]})]"
        case tuple() as some:
            features = f"rows[{_quoted(list(some))}]"
        case None:
            features = f'rows.drop(columns={_quoted(apart)}, errors="ignore")'
    return {
        r"\b(forget|written)\(": script_adapter.WRITTEN,
        r"\bkept\(": script_adapter.KEPT,
        r"\bfeatures\(": _FEATURES.format(features=features),
        r"\btable\(": _TABLE.format(ending=columns.ending, writing=columns.writing("rows", "path")),
        r"\bsettings\(": _SETTINGS.format(name=_quoted(columns.settings)),
        r"\banswers\(": script_adapter.ANSWER_COLUMN,
    }


def _functions(way: Functions) -> str:
    train = f"{_called(way.train.name)}({_arguments(way.values)})"
    given = _given(way.values.values(), "rows")
    if way.saved:
        lines = f"    forget([{way.saved}])\n    {train}\n    return joblib.load(written({way.saved}))\n"
    elif way.keeps:
        names = [name or f"part{at}" for at, name in enumerate(way.keeps)]
        kept = ", ".join(f'"{name}": {name}' for name in names)
        only = next((name for name in names if way.predict is None), "")
        lines = f"    {', '.join(names)} = {train}\n    return {only or '{' + kept + '}'}\n"
    else:
        lines = f"    return {train}\n"
    prepared = _prepared(way)
    body = f'\n\ndef train({given}):\n    """A trained model."""\n{prepared}{lines}'
    if way.predict is None:
        first = [*prepared.strip().splitlines(), "asked = features(rows)"]
        return body + script_adapter.asking(first, "model.classes_", "model.predict(asked)")
    call = f"{_called(way.predict.name)}({_arguments(way.asked)})"
    asked = _given(way.asked.values(), "model, rows")
    return f'{body}\n\ndef predict({asked}):\n    """Answers, one a row."""\n{prepared}    return {call}\n'


def _prepared(way: Functions | Builder) -> str:
    """Return the line that sends rows through the repository's own preparation first; empty if there is none."""
    return "" if way.prepare is None else f"    rows = {way.prepare[1]}(rows)\n"


def _given(values: Iterable[str], first: str) -> str:
    """Return the parameters that the expressions require."""
    used = set(re.findall(r"\w+", " ".join(values)))
    return ", ".join([first, *(name for name in ("seed", "out") if name in used)])


def _arguments(values: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in values.items())


def _builder(way: Builder) -> str:
    made = (
        f"clone({way.name})"
        if way.is_object
        else f"{way.name}({', '.join(f'{name}={value}' for name, value in way.values.items())})"
    )
    clone = "    from sklearn.base import clone\n\n" if way.is_object else ""
    given = _given((*way.values.values(), *way.fitted), "rows")
    lines = f"    model = {made}\n    model.fit({', '.join(way.fitted)})\n    return model\n"
    prepared = _prepared(way)
    body = f'\n\ndef train({given}):\n    """A fitted model."""\n{clone}{prepared}{lines}'
    first = [*prepared.strip().splitlines(), f"asked = {way.asked}"]
    return body + script_adapter.asking(first, "model.classes_", "model.predict(asked)")


def _runs(way: Script) -> str:
    return f"`{way.commands[0][-1]}`" if way.variable else "the commands below"


def _quoted(value: str | list[str]) -> str:
    return json.dumps(value, ensure_ascii=False)
