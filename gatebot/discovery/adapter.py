"""Writes `gatebot_pipeline.py`: `train` and `predict` for a repository that has them under other names."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import assert_never

from gatebot.discovery.column_roles import ColumnRoles
from gatebot.discovery.entrypoints import Builder, Functions, PredictionScript, Script

FILE = "gatebot_pipeline.py"

_HEAD = '''\
"""How gatebot trains and asks this repository's model. Written once by `gatebot init`; it is yours: keep it, change it.

{says}
gatebot calls `train(rows, ...)` with labelled rows and `predict(model, rows)` with rows that have no {target!r}.
"""
'''

_ASK = '''

def predict(model, rows):
    """Probabilities where the model has them, else its answers."""
    asked = {asked}
    if hasattr(model, "predict_proba"):
        return pd.DataFrame(model.predict_proba(asked), columns={classes})
    return {plain}
'''

_ANSWER_COLUMN = '''

def answers(path, rows):
    """The column of a file of answers that is not one of the rows' own."""
    found = pd.read_csv(path)
    named = [name for name in (TARGET, "prediction") if name in found]
    return found[(named or [name for name in found if name not in rows])[-1]]
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
    rows.{writes}(path, index=False)
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
        ending: the extension of the data file: `.csv` or `.parquet`.
    """

    roles: ColumnRoles
    features: str | tuple[str, ...] | None = None
    settings: str = ""
    ending: str = ".csv"

    @property
    def writes(self) -> str:
        """The method of a data frame that writes such a file."""
        return "to_parquet" if self.ending == ".parquet" else "to_csv"


def text(way: Functions | Builder | Script | PredictionScript, columns: Columns) -> str:
    """Return the text of the whole file."""
    match way:
        case Functions():
            body, says = _functions(way), f"It calls `{way.train.name}` of {way.module}."
        case Builder():
            body, says = _builder(way), f"It fits the model that `{way.name}` of {way.module} is or makes."
        case Script():
            body, says = _script(way, columns), "It runs the commands below on the rows that it is given."
        case PredictionScript():
            body, says = _submission(way), f"It runs `{' '.join(way.command)}` on the rows that it is given."
        case _:
            assert_never(way)
    imports, helpers = _needed(body, columns)
    constants, _, functions = body.partition("\n\n\n")
    target = columns.roles.target.column
    head = _HEAD.format(says=says, target=target)
    folder = way.folder if isinstance(way, Functions | Builder) else "."
    parts = [
        head.rstrip(),
        f"{imports}{_own_imports(way, folder)}".strip(),
        f"TARGET = {_quoted(target)}\n{constants}".rstrip(),
    ]
    return (
        "\n\n".join(parts) + "\n\n\n" + "\n\n\n".join(part.strip("\n") for part in (helpers, functions) if part) + "\n"
    )


def _needed(body: str, columns: Columns) -> tuple[str, str]:
    """Return the imports and helper functions that the body uses."""
    helpers = "".join(function for name, function in _helpers(columns).items() if f"{name}(" in body)
    everything = body + helpers
    plain = "".join(f"import {module}\n" for module in ("re", "subprocess", "sys") if f"{module}." in everything)
    paths = "from pathlib import Path\n" if "Path(" in everything else ""
    others = {"joblib": "joblib.", "pandas as pd": "pd.", "yaml": "yaml."}
    foreign = "".join(f"import {module}\n" for module, used in others.items() if used in everything)
    return "\n".join(part for part in (plain + paths, foreign) if part), helpers


def _own_imports(way: Functions | Builder | Script | PredictionScript, folder: str) -> str:
    if not isinstance(way, Functions | Builder):
        return ""
    start = ""
    if folder != ".":
        place = f"sys.path.insert(0, str(Path(__file__).parent / {_quoted(folder)}))"
        start = f"\nimport sys\nfrom pathlib import Path\n\n{place}\n"
    names: dict[str, list[str]] = {way.module: [_origin(way)]}
    if isinstance(way, Functions) and way.predict is not None:
        names.setdefault(way.predict_module, []).append(_alias(way.predict.name))
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
    """Return the helper functions that a body may call, by name."""
    row_id = columns.roles.id.column if columns.roles.id else None
    apart = [columns.roles.target.column, *([row_id] if row_id else [])]
    match columns.features:
        case str() as one:
            features = f"rows[{_quoted(one)}]"
        case tuple() as some:
            features = f"rows[{_quoted(list(some))}]"
        case None:
            features = f'rows.drop(columns={_quoted(apart)}, errors="ignore")'
    return {
        "features": _FEATURES.format(features=features),
        "table": _TABLE.format(ending=columns.ending, writes=columns.writes),
        "settings": _SETTINGS.format(name=_quoted(columns.settings)),
        "answers": _ANSWER_COLUMN,
    }


def _functions(way: Functions) -> str:
    train = f"{_called(way.train.name)}({_arguments(way.values)})"
    given = _given(way.values.values(), "rows")
    if way.saved:
        lines = f"    {train}\n    return joblib.load({way.saved})\n"
    elif way.keeps:
        names = [name or f"part{at}" for at, name in enumerate(way.keeps)]
        kept = ", ".join(f'"{name}": {name}' for name in names)
        only = next((name for name in names if way.predict is None), "")
        lines = f"    {', '.join(names)} = {train}\n    return {only or '{' + kept + '}'}\n"
    else:
        lines = f"    return {train}\n"
    body = f'\n\ndef train({given}):\n    """A trained model."""\n{lines}'
    if way.predict is None:
        return body + _ASK.format(asked="features(rows)", classes="model.classes_", plain="model.predict(asked)")
    call = f"{_called(way.predict.name)}({_arguments(way.asked)})"
    asked = _given(way.asked.values(), "model, rows")
    return f'{body}\n\ndef predict({asked}):\n    """Answers, one a row."""\n    return {call}\n'


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
    given = _given(way.values.values(), "rows")
    fitted = f"{made}.fit(features(rows), rows[TARGET])"
    body = f'\n\ndef train({given}):\n    """A fitted model."""\n{clone}    return {fitted}\n'
    return body + _ASK.format(asked="features(rows)", classes="model.classes_", plain="model.predict(asked)")


def _script(way: Script, columns: Columns) -> str:
    commands = "\n".join(f"    {_line(command)}," for command in way.commands)
    body = f"COMMANDS = [\n{commands}\n]\n"
    places = [
        name
        for name in ("{train}", "{model}", "{seed}")
        if any(name in word for command in way.commands for word in command)
    ]
    own_model = "{model}" not in places
    if way.tables:
        body += f"TABLES = {_quoted(list(way.tables))}  # where the commands look for data\n"
    if own_model:
        body += f"MODEL = {_quoted(way.model)}  # what they leave\n"
    lines = []
    if way.tables:
        lines += [
            "for path in map(Path, TABLES):",
            "    path.parent.mkdir(parents=True, exist_ok=True)",
            f"    rows.{columns.writes}(path, index=False)",
        ]
    if own_model:
        lines += ["Path(MODEL).parent.mkdir(parents=True, exist_ok=True)"]
    values = {"{train}": "table(rows, out)", "{model}": 'str(Path(out) / "model.joblib")', "{seed}": "str(seed)"}
    if places:
        pairs = ", ".join(f'"{name}": {values[name]}' for name in places)
        lines += [f"places = {{{pairs}}}"]
    lines += [f"run(COMMANDS, {'places' if places else '{}'})"]
    saved = "MODEL" if own_model else 'places["{model}"]'
    lines += [_result(way, saved)]
    given = ", ".join(
        ["rows", *(["seed"] if "{seed}" in places else []), *(["out"] if {"{train}", "{model}"} & set(places) else [])]
    )
    body += (
        _RUN
        + f'\n\ndef train({given}):\n    """What the commands leave when they are run on these rows."""\n'
        + "".join(f"    {line}\n" for line in lines)
    )
    return body + (_asking(way) if way.ask else _asked(way, columns))


def _result(way: Script, saved: str) -> str:
    if way.ask:
        return f"return Path({saved}).read_bytes()"
    if way.encodes:
        return (
            f"return joblib.load({saved}), sorted(rows[TARGET].unique())  # the code numbers the labels in this order"
        )
    return f"return joblib.load({saved})"


_RUN = '''

def run(commands, places):
    """Run the repository's own commands with this interpreter."""
    for words in commands:
        filled = [re.sub(r"{\\w+}", lambda place: places[place[0]], word) for word in words]
        program = [sys.executable] if filled[0].startswith("python") else filled[:1]
        subprocess.run([*program, *filled[1:]], check=True)
'''


def _asking(way: Script) -> str:
    return f'''

PREDICT = {_line(way.ask)}


def predict(model, rows, out):
    """What the repository's own command answers."""
    saved, found = Path(out) / "model", Path(out) / "predictions.csv"
    saved.write_bytes(model)
    run([PREDICT], {{"{{model}}": str(saved), "{{rows}}": table(rows, out), "{{predictions}}": str(found)}})
    return answers(found, rows)
'''


def _asked(way: Script, columns: Columns) -> str:
    asked = "features(rows)"
    if way.dummies:
        asked = "pd.get_dummies(rows).reindex(columns=model.feature_names_in_, fill_value=0)"
    elif columns.features is None:
        asked = 'rows[model.feature_names_in_] if hasattr(model, "feature_names_in_") else features(rows)'
    if not way.encodes:
        return _ASK.format(asked=asked, classes="model.classes_", plain="model.predict(asked)")
    body = _ASK.format(asked=asked, classes="labels", plain="[labels[code] for code in model.predict(asked)]")
    return body.replace("    asked = ", "    model, labels = model\n    asked = ")


def _submission(way: PredictionScript) -> str:
    return f'''\
COMMAND = {_line(way.command)}
TRAIN, ASKED, ANSWERS = {_quoted(way.train)}, {_quoted(way.asked)}, {_quoted(way.answers)}


def run(known, asked):
    """Let the repository's own script learn from some rows and answer others."""
    for path, rows in ((TRAIN, known), (ASKED, asked)):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        rows.to_csv(path, index=False)
    Path(ANSWERS).parent.mkdir(parents=True, exist_ok=True)
    subprocess.run([sys.executable, *COMMAND[1:]], check=True)


def train(rows):
    """The script trains and answers at once: what is kept is what it learns from. One run shows that it works."""
    run(rows, rows.drop(columns=[TARGET]).head(20))
    return rows


def predict(model, rows):
    """The script's answers for these rows."""
    run(model, rows)
    return answers(ANSWERS, rows)
'''


def _line(words: tuple[str, ...]) -> str:
    return json.dumps(list(words))


def _quoted(value: str | list[str]) -> str:
    return json.dumps(value, ensure_ascii=False)
