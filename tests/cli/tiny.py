"""A repository whose model is a threshold: nothing to install, milliseconds to train, and sure to be told apart."""

import random

from tests.collect.repository import PLAIN_PYTHON

WATCHING = ("code.determinism", "code.row_order", "code.side_effects", "infra.latency", "infra.memory", "model.overfit")
"""Checks that cost more processes than all else of so small a repository."""
OFF = ", ".join(f"{name}: false" for name in ("model.heuristic", *WATCHING))

CONFIG = f"""\
version: 1
project: tiny
paths: ["*.py", "data/**"]
drafts: skip
data: {{path: data/rows.csv, target: label, id: id, split: {{column: fold}}}}
model: {{python: pipeline.py}}
smoke: {{train_rows: 60, budget: 5m, timeout: 60s, memory: 1GiB, python: {PLAIN_PYTHON}}}
metrics: [{{metric: accuracy, margin: 0.05}}]
checks: {{{OFF}}}
"""

PIPELINE = """\
def listed(rows):
    return rows if isinstance(rows, list) else rows.to_dict("records")  # where there is pandas, it is a table


def train(rows, seed):
    sums = {"yes": [], "no": []}
    for row in listed(rows):
        sums[row["label"]].append(row["x"])
    return {"cut": sum(sum(xs) / len(xs) for xs in sums.values()) / 2}


def predict(model, rows):
    return ["yes" if row["x"] > model["cut"] else "no" for row in listed(rows)]
"""

HARMLESS = {"pipeline.py": PIPELINE.replace("/ 2}", "/ 2 + 0.0001}")}
HARMFUL = {"pipeline.py": PIPELINE.replace('row["x"] > model["cut"]', 'row["x"] < 2')}
UNIMPORTANT = {"README.md": "words\n"}


def data(rows: int = 500) -> str:
    """The same table every time: 19 of 20 labels can be told from x; the last three quarters of rows are eval rows."""
    draw = random.Random(7)  # noqa: S311 - a table, not a secret
    lines = ["id,x,label,fold"]
    for number in range(rows):
        x = draw.random()
        label = "yes" if (x > 0.5) != (draw.random() < 0.05) else "no"
        lines.append(f"t{number:04},{x:.9f},{label},{'train' if number % 4 == 0 else 'eval'}")
    return "\n".join(lines) + "\n"


def files(**changed: str) -> dict[str, str]:
    """What main holds; a keyword replaces a line of the configuration: `smoke="smoke: {...}"`."""
    lines = [changed.get(line.partition(":")[0], line) for line in CONFIG.splitlines()]
    known = {line.partition(":")[0] for line in CONFIG.splitlines()}
    lines += [line for name, line in changed.items() if name not in known]
    return {"gatebot.yml": "\n".join(lines) + "\n", "pipeline.py": PIPELINE, "data/rows.csv": data()}
