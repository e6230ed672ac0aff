"""A tiny project to attack: sixty rows, a threshold for a model, nothing to install."""

import json
from collections.abc import Mapping

from tests.cli import tiny
from tests.container.scenario import WORKFLOW

from .attack import Attack, Files, within
from .bait import Bait
from .commits import Entry

ROWS = 60
HARMLESS = {"pipeline.py": tiny.HARMLESS["pipeline.py"]}
HARMFUL = {"pipeline.py": tiny.HARMFUL["pipeline.py"]}
CARRIERS: Mapping[str, Mapping[str, str]] = {"harmful": HARMFUL, "harmless": HARMLESS, "none": {}}
WORKFLOW_TEXT = "on: pull_request\njobs: {gate: {steps: [{uses: acme/gatebot@v1}]}}\n"


def configuration(settings: Mapping[str, object], python: str) -> str:
    """`gatebot.yml`: sections of the tiny project, with keys replaced. JSON is YAML."""
    sections: dict[str, object] = {
        "version": 1,
        "project": "tiny",
        "data": {"path": "data/rows.csv", "target": "label", "id": "id", "split": {"column": "fold"}},
        "model": {"python": "pipeline.py"},
        "smoke": {
            "train_rows": 15,
            "seeds": 1,
            "budget": "5m",
            "timeout": "60s",
            "memory": "1GiB",
            "python": python,
            "isolation": "none",
        },
        "metrics": [{"metric": "accuracy", "margin": 0.05}],
        "checks": dict.fromkeys(("model.heuristic", "code.determinism", "infra.latency", "infra.memory"), False),
    }
    for name, value in settings.items():
        before = sections.get(name)
        merged = {**before, **value} if isinstance(before, dict) and isinstance(value, dict) else value
        sections[name] = merged
    return "".join(f"{name}: {json.dumps(value)}\n" for name, value in sections.items())


def files(settings: Mapping[str, object], python: str) -> dict[str, Entry]:
    """What main holds."""
    return {
        "gatebot.yml": configuration(settings, python),
        "pipeline.py": tiny.PIPELINE,
        "data/rows.csv": tiny.data(ROWS),
        ".gitignore": ".venv/\n",
        WORKFLOW: WORKFLOW_TEXT,
    }


def main(attack: Attack, bait: Bait) -> Files:
    """What main holds that an attack goes against."""
    mine = {**files(attack.settings, bait.python), **attack.main(bait)}
    workflow = {WORKFLOW: mine.pop(WORKFLOW)}
    return {**within(attack.folder, mine), **workflow}


def controlled(attack: Attack, bait: Bait) -> Files:
    """What the control changes."""
    return within(attack.folder, {**CARRIERS[attack.carrier], **attack.control(bait)})


def answers() -> dict[str, str]:
    """Lines of the data with the labels of eval rows, which nothing hands out."""
    lines = [line for line in tiny.data(ROWS).splitlines() if line.endswith(",eval")]
    return {f"answer {at}": line for at, line in enumerate(lines[:5])}


ROWS_CSV = tiny.data(ROWS)
