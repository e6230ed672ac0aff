"""A small repository to gate: tickets to route by two numbers, a change that does no harm, and one that does."""

import random

ROWS = 1200

CONFIG = """\
version: 1
project: tickets
data:
  path: data/tickets.csv
  target: category
  id: ticket_id
model:
  python: pipeline.py
smoke:
  train_rows: 400
  budget: 10m
metrics:
  - {metric: accuracy, margin: 0.03}
"""

PIPELINE = """\
\"\"\"Routes tickets.\"\"\"

from sklearn.linear_model import LogisticRegression

FEATURES = ["length", "urgency"]


def train(rows, seed):
    return LogisticRegression(random_state=seed).fit(rows[FEATURES], rows["category"])


def predict(model, rows):
    return model.predict(rows[FEATURES])
"""


def data() -> str:
    """The same table every time: nine of ten tickets can be told from their two numbers."""
    draw = random.Random(7)  # noqa: S311 - a table, not a secret
    lines = ["ticket_id,length,urgency,category"]
    for number in range(ROWS):
        length, urgency = draw.gauss(0, 1), draw.gauss(0, 1)
        category = "billing" if length + urgency + draw.gauss(0, 0.4) > 0 else "support"
        lines.append(f"t{number},{length:.4f},{urgency:.4f},{category}")
    return "\n".join(lines) + "\n"


def first_commit() -> dict[str, str]:
    """What main holds."""
    return {"gatebot.yml": CONFIG, "pipeline.py": PIPELINE, "data/tickets.csv": data(), ".gitignore": ".gatebot/\n"}


def harmless_change() -> dict[str, str]:
    """A pull request that regularises a little less."""
    return {"pipeline.py": PIPELINE.replace("LogisticRegression(", "LogisticRegression(C=2.0, ")}


def harmful_change() -> dict[str, str]:
    """A pull request that forgets the better half of what tells the tickets apart."""
    return {"pipeline.py": PIPELINE.replace('["length", "urgency"]', '["length"]')}
