"""Names of files, columns, classes and packages that mean something where they are printed."""

from tests.attacks import project
from tests.attacks.attack import Attack, Files
from tests.attacks.bait import Bait
from tests.attacks.commits import Link
from tests.cli import tiny

FORGED = "\n::error::FORGED\n::set-output name=verdict::pass\n"
WORDS = (
    FORGED,
    "\r::warning::FORGED",
    "%0A::error::FORGED",
    "\x1b[2J\x1b[31m",
    "--upload-pack=x",
    "-c",
    "@everyone #1 <!-- gatebot:begin --> </details> | ![x](http://127.0.0.1/x) `",
    "\u202eerutaeF\u202c\u200b\ufeff",
    "a" * 200,
    "'; touch x; '\"$(id)`id`",
    "{train}{model}{workspace}",
    "*?[]\\",
    " ",
    "\t",
)


def _files(bait: Bait) -> Files:
    """Files of these names wherever paths are printed: the code, the data's neighbours, workflows."""
    names = [word.replace("/", "_") for word in WORDS]
    found: dict[str, str | Link] = {f"src/{name}.py": "x = 1\n" for name in names}
    found |= {f".github/workflows/{name}.yml": "gatebot" for name in names if len(name) < 150}
    found |= {
        f"{name}/gatebot.yml": project.configuration({"project": "x"}, bait.python) for name in names if name.strip()
    }
    found |= {f"links/{name}": Link(f"../{names[0]}") for name in names}
    return dict(found)


def _columns(_bait: Bait) -> Files:
    """Columns and classes of these names in the data."""
    lines = [line.split(",") for line in project.ROWS_CSV.splitlines()]
    quoted = [f'"{word.replace(chr(34), chr(34) * 2)}"' for word in WORDS]
    head = [*lines[0], *quoted]
    rows = [[*line, *(quoted[(at + n) % len(quoted)] for n in range(len(quoted)))] for at, line in enumerate(lines[1:])]
    relabelled = [
        [*row[:2], quoted[at % len(quoted)] if at % 7 == 0 else row[2], *row[3:]] for at, row in enumerate(rows)
    ]
    return {"data/rows.csv": "".join(",".join(line) + "\n" for line in [head, *relabelled])}


def _answers(_bait: Bait) -> Files:
    """Classes of these names in predictions, and a log full of commands."""
    code = f"WORDS = {WORDS!r}\n\n{tiny.PIPELINE}".replace(
        'return ["yes" if row["x"] > model["cut"] else "no" for row in listed(rows)]',
        "print(*WORDS, sep='\\n')\n    return [WORDS[at % len(WORDS)] for at, row in enumerate(listed(rows))]",
    )
    return {"pipeline.py": code}


def _crash(_bait: Bait) -> Files:
    """An error full of commands."""
    return {
        "pipeline.py": f"WORDS = {WORDS!r}\n\n\ndef train(rows, seed):\n    raise RuntimeError('\\n'.join(WORDS))\n\n\n"
        "def predict(model, rows):\n    return []\n"
    }


def _packages(bait: Bait) -> Files:
    """Packages of these names in an environment of head's own."""
    configuration = project.configuration({"smoke": {"python": "./own/bin/python"}}, bait.python)
    site = "own/lib/python3.11/site-packages"
    metadata = {
        f"{site}/evil{at}-1.dist-info/METADATA": f"Metadata-Version: 2.1\nName: evil{at}\nVersion: {word}\n"
        for at, word in enumerate(WORDS)
    }
    return {
        "gatebot.yml": configuration,
        "own/pyvenv.cfg": "home = /usr/bin\n",
        "own/bin/python": Link(bait.python),
        **metadata,
    }


ATTACKS = (
    Attack(name="names of files", change=_files),
    Attack(name="names of columns and classes", change=_columns),
    Attack(name="names of predicted classes", change=_answers, slow=True),
    Attack(name="an error full of commands", change=_crash, slow=True),
    Attack(name="names of packages", change=_packages, slow=True),
)
