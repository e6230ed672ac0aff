"""Writes `train` and `predict` that run a repository's own commands, scripts and notebooks on given rows."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from gatebot.discovery.entrypoints import PredictionScript, Script

if TYPE_CHECKING:
    from gatebot.discovery.adapter import Columns

WRITTEN = '''

def forget(paths):
    """Remove what an earlier training left: it must not answer for this one."""
    for path in map(Path, paths):
        if path.is_dir():
            shutil.rmtree(path)
        elif path.exists():
            path.unlink()


def written(path):
    """The path, if this training has written it."""
    if not Path(path).exists():
        raise FileNotFoundError(f"training has not written {path}, so there is no model of these rows")
    return path
'''

KEPT = '''

def kept(paths):
    """The content of the files that training has written."""
    found = [file for path in map(Path, paths) for file in ([path] if path.is_file() else path.rglob("*"))]
    return {str(file): file.read_bytes() for file in found if file.is_file()}


def restored(files):
    """Write the files of a model where training wrote them."""
    for path, content in files.items():
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_bytes(content)
'''

ANSWER_COLUMN = '''

def answers(path, rows):
    """The column of a file of answers that is not one of the rows' own."""
    found = pd.read_csv(path)
    named = [name for name in (TARGET, "prediction") if name in found]
    return found[(named or [name for name in found if name not in rows])[-1]]
'''

_RUN = '''

def run(commands, places):
    """Run the repository's own commands with this interpreter."""
    for words in commands:
        filled = [re.sub(r"{{\\w+}}", lambda place: places[place[0]], word) for word in words]
        program = [sys.executable] if filled[0].startswith("python") else filled[:1]
        subprocess.run([*program, *filled[1:]], check=True{folder}, env={{**os.environ, "MPLBACKEND": "Agg"}})
'''

_SCRIPT_VARIABLES = '''

def variables(words):
    """What the script's names stand for after it has run, as if it had been started."""
    sys.argv[:] = words
    sys.path.insert(0, str(Path(words[0]).resolve().parent))
    os.environ["MPLBACKEND"] = "Agg"
    before = os.getcwd()
    os.chdir(FOLDER)
    try:
        return runpy.run_path(str(Path(before) / words[0]), run_name="__main__")
    finally:
        os.chdir(before)
'''

_NOTEBOOK_VARIABLES = '''

def plain(cell):
    """The Python of a cell, without what only a notebook understands."""
    text = "".join(cell["source"])
    if re.match(r"\\s*%%(?!time|capture)", text):
        return ""
    return re.sub(r"^([ \\t]*)([%!].*|.*[^?]\\?)$", r"\\1pass", text, flags=re.MULTILINE)


def variables(words):
    """What the notebook's names stand for after its cells have run in their order."""
    cells = json.loads(Path(words[0]).read_text(encoding="utf-8"))["cells"]
    os.environ["MPLBACKEND"] = "Agg"
    space = {"__name__": "__main__", "display": print}
    before = os.getcwd()
    os.chdir(FOLDER)
    try:
        for at, cell in enumerate(cells):
            if cell["cell_type"] == "code":
                exec(compile(plain(cell), f"{words[0]}, cell {at + 1}", "exec"), space)
    finally:
        os.chdir(before)
    return space
'''

_SUBMISSION = '''\
COMMAND = {command}
TRAIN, ASKED, ANSWERS = {train}, {asked}, {answers}


def run(known, asked):
    """Let the repository's own script learn from some rows and answer others."""
    forget([ANSWERS])
    for path, rows in ((TRAIN, known), (ASKED, asked)):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        rows.to_csv(path, index=False)
    Path(ANSWERS).parent.mkdir(parents=True, exist_ok=True)
    subprocess.run([sys.executable, *COMMAND[1:]], check=True)
    written(ANSWERS)


def train(rows):
    """The script trains and answers at once: what is kept is what it learns from. One run shows that it works."""
    run(rows, rows.drop(columns=[TARGET]).head(20))
    return rows


def predict(model, rows):
    """The script's answers for these rows."""
    run(model, rows)
    return answers(ANSWERS, rows)
'''


def submission(way: PredictionScript) -> str:
    """Return the functions for a script that trains and predicts at once."""
    return _SUBMISSION.format(
        command=quoted(list(way.command)),
        train=quoted(way.train),
        asked=quoted(way.asked),
        answers=quoted(way.answers),
    )


def script(way: Script, columns: "Columns") -> str:
    """Return the constants and functions for commands, a script or a notebook."""
    predict = _asking(way, columns) if way.ask else _asked(way, columns)
    return "".join(_constants(way)) + _runner(way) + _train(way, columns) + predict


def _constants(way: Script) -> Iterator[str]:
    if way.variable:
        yield f"COMMAND = {quoted(list(way.commands[0][1:]))}\n"
        yield f"FOLDER = {quoted(way.folder)}  # where it is started\n"
    else:
        commands = "\n".join(f"    {quoted(list(command))}," for command in way.commands)
        yield f"COMMANDS = [\n{commands}\n]\n"
    if way.tables:
        yield f"TABLES = {quoted(list(way.tables))}  # where the data is looked for\n"
    if way.model and not _places(way):
        yield f"MODEL = {quoted(way.model)}  # what is left\n"
    if way.leaves:
        yield f"LEAVES = {quoted(list(way.leaves))}  # what is left besides\n"
    if way.codes:
        yield f"CODES = {quoted(dict(way.codes))}  # what the model's answers stand for\n"


def _places(way: Script) -> set[str]:
    """Return the places for paths of models that the commands have."""
    words = {word for command in way.commands for word in command}
    return {place for place in ("{model}", "{model_folder}") if any(place in word for word in words)}


def _runner(way: Script) -> str:
    if not way.variable:
        return _RUN.format(folder="" if way.folder == "." else f", cwd={quoted(way.folder)}")
    return _NOTEBOOK_VARIABLES if way.commands[0][-1].endswith(".ipynb") else _SCRIPT_VARIABLES


def _train(way: Script, columns: "Columns") -> str:
    words = [word for command in way.commands for word in command]
    values = {
        "{train}": "table(rows, out)",
        "{model}": 'str(Path(out) / "model.joblib")',
        "{model_folder}": "str(Path(out))",
        "{seed}": "str(seed)",
    }
    places = [name for name in values if any(name in word for word in words)]
    lines = [*_prepared(way, columns, [name for name in places if name.startswith("{model")], values)]
    if places:
        pairs = ", ".join(f'"{name}": {values[name]}' for name in places)
        lines.append(f"places = {{{pairs}}}")
    lines += _results(way, "places" if places else "{}")
    given = ["rows", *(["seed"] if "{seed}" in places else []), *(["out"] if set(places) - {"{seed}"} else [])]
    return f'\n\ndef train({", ".join(given)}):\n    """What is left when it is run on these rows."""\n' + "".join(
        f"    {line}\n" for line in lines
    )


def _prepared(way: Script, columns: "Columns", models: list[str], values: dict[str, str]) -> Iterator[str]:
    """Yield the lines that remove what an earlier training left, and put rows where they are looked for."""
    fixed = [*(["MODEL"] if way.model and not models else []), *(["*LEAVES"] if way.leaves else [])]
    paths = [*(_saved(way, values[name]) for name in models), *fixed]
    if paths:
        yield f"forget([{', '.join(paths)}])"
    if way.tables:  # afterwards, because what is left may be the folder of the data
        yield "for path in map(Path, TABLES):"
        yield "    path.parent.mkdir(parents=True, exist_ok=True)"
        yield f"    {columns.writing('rows', 'path')}"
    if fixed and fixed[0] == "MODEL":
        yield "Path(MODEL).parent.mkdir(parents=True, exist_ok=True)"


def _results(way: Script, places: str) -> Iterator[str]:
    """Yield the lines that run it, and return the model and what is needed beside it."""
    if way.variable:
        parts = [f"found[{quoted(name)}]" for name in (way.variable, *way.steps)]
        yield "found = variables(COMMAND)"
        yield f"return {parts[0]}" if len(parts) == 1 else f"return {', '.join(parts)}"
        return
    yield f"run(COMMANDS, {places})"
    if way.ask and way.asks[0]:
        yield f"return kept([written(MODEL){', *LEAVES' if way.leaves else ''}])"
        return
    saved = next((_saved(way, f"places[{quoted(place)}]") for place in _places(way)), "MODEL")
    if way.ask:
        yield f"return Path(written({saved})).read_bytes()"
        return
    parts = [f"joblib.load(written({path}))" for path in (saved, *map(json.dumps, way.steps))]
    if way.encodes:
        parts.append("sorted(rows[TARGET].unique())  # the code numbers the labels in this order")
    yield f"return {', '.join(parts)}"


def _saved(way: Script, place: str) -> str:
    """Return the expression for the model's path: what a place stands for, or a file in that folder."""
    name = way.model.removeprefix("{model_folder}/")
    return place if name == way.model else f"Path({place}) / {quoted(name)}"


def _asking(way: Script, columns: "Columns") -> str:
    rows, found = way.asks
    if rows:
        places = f"ASKED, ANSWERS = {quoted(rows)}, {quoted(found)}\n"
        lines = [
            "restored(model)",
            "forget([ANSWERS])",
            "Path(ASKED).parent.mkdir(parents=True, exist_ok=True)",
            "Path(ANSWERS).parent.mkdir(parents=True, exist_ok=True)",
            columns.writing("rows", "ASKED"),
            "run([PREDICT], {})",
            f"return {_coded(way, 'answers(ANSWERS, rows)')}",
        ]
        given = "model, rows"
    else:
        places, given = "", "model, rows, out"
        pairs = '"{model}": str(saved), "{rows}": table(rows, out), "{predictions}": str(found)'
        lines = [
            'saved, found = Path(out) / "model", Path(out) / "predictions.csv"',
            "forget([found])",
            "saved.write_bytes(model)",
            f"run([PREDICT], {{{pairs}}})",
            f"return {_coded(way, 'answers(found, rows)')}",
        ]
    body = "".join(f"    {line}\n" for line in lines)
    start = f"\n\nPREDICT = {quoted(list(way.ask))}\n{places}"
    return f'{start}\n\ndef predict({given}):\n    """What the repository\'s own command answers."""\n{body}'


def _coded(way: Script, answers: str) -> str:
    return f"[CODES.get(str(code), code) for code in {answers}]" if way.codes else answers


def _asked(way: Script, columns: "Columns") -> str:
    """Return `predict` by the model's own method, after the steps that come before it."""
    first = "step0" if way.steps else "model"
    asked = "features(rows)"
    if way.dummies:
        asked = "pd.get_dummies(rows).reindex(columns=model.feature_names_in_, fill_value=0)"
    elif not isinstance(columns.features, str):  # features that the code adds later are asked for, too
        asked = f'rows[{first}.feature_names_in_] if hasattr({first}, "feature_names_in_") else features(rows)'
    names = ["model", *(f"step{at}" for at in range(len(way.steps))), *(["labels"] if way.encodes else [])]
    lines = [f"{', '.join(names)} = model"] if len(names) > 1 else []
    lines.append(f"asked = {asked}")
    lines += [f"asked = step{at}.transform(asked)" for at in range(len(way.steps))]
    if way.encodes:
        classes, plain = "labels", "[labels[code] for code in model.predict(asked)]"
    elif way.codes:
        classes, plain = "[CODES[str(code)] for code in model.classes_]", _coded(way, "model.predict(asked)")
    else:
        classes, plain = "model.classes_", "model.predict(asked)"
    return asking(lines, classes, plain)


def quoted(value: str | list[str] | dict[str, str]) -> str:
    """Return a text, or texts, as Python source."""
    return json.dumps(value, ensure_ascii=False)


def asking(lines: list[str], classes: str, plain: str) -> str:
    """Return `predict`: probabilities of named classes where the model has them, else its answers.

    Args:
        lines: those that come first and set `asked`.
        classes: the expression for the classes' names.
        plain: the expression for plain answers.
    """
    return (
        '\n\ndef predict(model, rows):\n    """Probabilities where the model has them, else its answers."""\n'
        + "".join(f"    {line}\n" for line in lines)
        + '    if hasattr(model, "predict_proba") and hasattr(model, "classes_"):\n'
        + f"        return pd.DataFrame(model.predict_proba(asked), columns={classes})\n"
        + f"    return {plain}\n"
    )
