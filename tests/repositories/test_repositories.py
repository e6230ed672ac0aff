"""Repositories in the shapes that public ones have: after `gatebot init`, harmless changes pass, harmful ones do not.

`python -m tests.repositories.test_repositories [WORDS]` prints the table of the shapes whose names hold the words.
"""

import json
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.cli.laptop import Done, commit, gatebot, repository
from tests.container.scenario import git
from tests.repositories import folders, formats, packages, scripts
from tests.repositories.shape import Shape

SHAPES: Mapping[str, Shape] = {**scripts.SHAPES, **packages.SHAPES, **folders.SHAPES, **formats.SHAPES}
EXPECTED = {"harmless": ("pass",), "code_bug": ("blocked",), "data_bug": ("blocked", "review")}
"""Data whose eval rows have changed is never judged as if nothing had: it waits for a review."""
PATH = f"{Path(sys.executable).parent}:/usr/bin:/bin"
QUICK = """
smoke:
  seeds: 2
checks:
  code.determinism: false
  code.row_order: false
  code.side_effects: false
  infra.latency: false
  infra.memory: false
  model.heuristic: false
  model.overfit: false
  model.suspicious_gain: false
"""
"""As little as decides: what a repository is, and not how much is looked at, is what these tests are about."""


@dataclass(frozen=True, slots=True)
class Gated:
    """What a shape's three changes came to."""

    said: Mapping[str, str]
    verdicts: Mapping[str, str]


def gate(shape: Shape, folder: Path) -> Gated:
    """Set gatebot up in the repository, and run it on each change."""
    root = repository(folder / "repository", shape.files())
    home = root / shape.folder
    said = _run(home, "init", "--no-workflow", *shape.init)
    if said.code:
        return Gated({"init": said.err}, dict.fromkeys(EXPECTED, "no configuration"))
    config = home / "gatebot.yml"
    config.write_text(config.read_text().replace("mode: observe", "mode: enforce") + QUICK)
    commit(root, {})
    logs = {"baseline": _run(home, "run", "--as-baseline", "--quiet")}
    verdicts = {}
    for change in EXPECTED:
        git(root, "checkout", "--quiet", "main")
        commit(root, shape.changed(change), change)
        report = home / ".gatebot" / "report.json"
        report.unlink(missing_ok=True)
        logs[change] = _run(home, "run", "--base", "main", "--quiet")
        verdicts[change] = json.loads(report.read_text())["verdict"] if report.exists() else "no report"
    return Gated({name: done.out + done.err for name, done in logs.items()}, verdicts)


def _run(folder: Path, *words: str) -> Done:
    return gatebot(folder, *words, env={"PATH": PATH})


SHORT = ("makefile", "loop that writes checkpoints", "functions with other parameter names")
"""Run with the examples; the others train for minutes together."""


@pytest.mark.whole
@pytest.mark.parametrize(
    "name", [name if name in SHORT else pytest.param(name, marks=pytest.mark.long) for name in SHAPES]
)
def test_verdicts_are_right(name: str, tmp_path: Path) -> None:
    shape = SHAPES[name]
    for module in shape.needs:
        pytest.importorskip(module)
    gated = gate(shape, tmp_path)
    assert _wrong(gated) == [], "\n\n".join(gated.said.values())


def _wrong(gated: Gated) -> list[str]:
    return [change for change, expected in EXPECTED.items() if gated.verdicts[change] not in expected]


def table(words: list[str]) -> str:
    """The verdicts of all shapes, as a table with their counts."""
    lines, right = [], dict.fromkeys(EXPECTED, 0)
    names = [name for name in SHAPES if all(word in name for word in words)]
    names = [name for name in names if all(find_spec(module) for module in SHAPES[name].needs)]
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            gated = gate(SHAPES[name], Path(folder))
        for change in EXPECTED:
            right[change] += change not in _wrong(gated)
        lines.append(f"{name:40} " + " ".join(f"{gated.verdicts[change]:16}" for change in EXPECTED))
        print(lines[-1], flush=True)
        if words and _wrong(gated):
            print("\n\n".join(f"--- {name}\n{text}" for name, text in gated.said.items()))
    harmful = right["code_bug"] + right["data_bug"]
    stopped = f"harmful blocked, or for their eval rows in review, {harmful}/{2 * len(names)}"
    lines.append(f"harmless pass {right['harmless']}/{len(names)}, {stopped}")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(sys.argv[1:]).rpartition("\n")[2])
