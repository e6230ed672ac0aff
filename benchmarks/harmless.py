"""Real runs of a change that changes nothing, on a busy machine; then the same with one planted fault each.

python -m benchmarks.harmless --times 10            a minute or two
python -m benchmarks.harmless --times 300 --write   an hour; Ctrl-C ends it early and shows what was seen
"""

import argparse
import json
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.pages import Page, exact, percent
from examples.gate import Gate, run_gate

CHECKS = (
    "code.row_order",
    "code.determinism",
    "code.side_effects",
    "model.overfit",
    "model.calibration",
    "infra.latency",
    "infra.memory",
)
PLAIN_PYTHON = Path(sys.base_prefix) / "bin" / "python3"  # starts fast, and has no pandas
ROWS, TRAIN, EVAL = 3000, 1000, 1000
RUNS_OF_A_BASELINE = 10
"""Head runs that are compared with one baseline; then the project, its split and its seeds are drawn anew."""

PIPELINE = '''\
"""A logistic regression in plain Python."""

import math
import random


def features(row):
    return [1.0, row["a"], row["b"], row["a"] * row["b"]]


def probability(weights, row):
    total = sum(w * x for w, x in zip(weights, features(row)))
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


def train(rows, seed):
    rng = random.Random(seed)
    rows = [row for row in rows if rng.random() < 0.9]
    weights = [0.0] * 4
    for step in range(3):
        rng.shuffle(rows)
        for row in rows:
            error = (row["label"] == "yes") - probability(weights, row)
            weights = [w + 0.05 / (step + 1) * error * x for w, x in zip(weights, features(row))]
    return weights


def predict(model, rows):
    return [{"yes": p, "no": 1 - p} for p in (probability(model, row) for row in rows)]
'''

RETURN = "    return [{"
FAULTS: dict[str, dict[str, str]] = {
    "code.row_order": {
        RETURN: "    mean = sum(row['a'] for row in rows) / len(rows)\n"
        "    rows = [dict(row, a=row['a'] - mean + 1) for row in rows]\n" + RETURN
    },
    "code.determinism": {"random.Random(seed)": "random.Random()", "< 0.9": "< 0.3"},
    "code.side_effects": {RETURN: "    for row in rows:\n        row['a'] = round(row['a'], 6)\n" + RETURN},
    "model.overfit": {
        "    return weights": "    return weights, {(row['a'], row['b']): row['label'] for row in rows}",
        RETURN: "    model, seen = model\n"
        "    sure = {'yes': 0.99, 'no': 0.01}\n"
        "    found = [sure.get(seen.get((r['a'], r['b'])), probability(model, r)) for r in rows]\n"
        "    return [{'yes': p, 'no': 1 - p} for p in found]\n" + RETURN,
    },
    "model.calibration": {"probability(model, row) for row": "probability([3 * w for w in model], row) for row"},
    "infra.latency": {RETURN: "    import time\n    time.sleep(0.02 + 0.0001 * len(rows))\n" + RETURN},
    "infra.memory": {"    weights = [0.0] * 4": "    held = bytearray(300_000_000)\n    weights = [0.0 * held[0]] * 4"},
}
"""Check -> what its fault replaces in the pipeline."""


@dataclass(frozen=True)
class Repository:
    """A small repository of a logistic regression, under one split and set of seeds."""

    folder: Path

    @classmethod
    def make(cls, folder: Path, number: int) -> "Repository":
        """Write and commit it."""
        folder.mkdir(parents=True)
        (folder / "gatebot.yml").write_text(_configuration(number), encoding="utf-8")
        (folder / "pipeline.py").write_text(PIPELINE, encoding="utf-8")
        (folder / "rows.csv").write_text(_rows(number), encoding="utf-8")
        (folder / ".gitignore").write_text(".gatebot/\n", encoding="utf-8")
        made = cls(folder)
        made.git("init", "--quiet", "--initial-branch", "main")
        made.commit("A logistic regression")
        return made

    def git(self, *words: str) -> None:
        """Run git."""
        identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
        subprocess.run(("git", *identity, "-C", str(self.folder), *words), check=True, stdout=subprocess.DEVNULL)

    def commit(self, message: str) -> None:
        """Commit all files."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)

    def changed(self, pipeline: str) -> None:
        """Put a branch with another pipeline onto main."""
        self.git("checkout", "--quiet", "-B", "change", "main")
        (self.folder / "pipeline.py").write_text(pipeline, encoding="utf-8")
        self.commit("A change")

    def gate(self, *words: str) -> Gate:
        """Run the gate."""
        return run_gate(self.folder, "--quiet", *words)


def _configuration(number: int) -> str:
    sections = {
        "version": 1,
        "project": f"harmless-{number}",
        "data": {"path": "rows.csv", "target": "label"},
        "model": {"python": "pipeline.py"},
        "smoke": {"train_rows": TRAIN, "eval_rows": EVAL, "isolation": "none", "python": str(PLAIN_PYTHON)},
        "metrics": [{"metric": "accuracy", "margin": 0.05}],
        "policy": {"mode": "observe"},
    }
    return "".join(f"{name}: {json.dumps(value)}\n" for name, value in sections.items())


def _rows(number: int) -> str:
    rng = np.random.default_rng(number)
    a, b = rng.normal(size=(2, ROWS))
    odds = 0.5 + 1.5 * a - b + a * b
    yes = rng.uniform(size=ROWS) < 1 / (1 + np.exp(-odds))
    lines = [f"{x:.9f},{y:.9f},{'yes' if label else 'no'}" for x, y, label in zip(a, b, yes, strict=True)]
    return "\n".join(["a,b,label", *lines]) + "\n"


@contextmanager
def busy(processes: int) -> Iterator[None]:
    """Keep processors busy half of the time, in bursts."""
    code = (
        "import random, time\n"
        "while True:\n"
        "    until = time.monotonic() + random.expovariate(2)\n"
        "    while time.monotonic() < until: pass\n"
        "    time.sleep(random.expovariate(2))\n"
    )
    running = [subprocess.Popen((sys.executable, "-c", code)) for _ in range(processes)]
    try:
        yield
    finally:
        for process in running:
            process.kill()
            process.wait()


def harmless(times: int, folder: Path) -> Iterator[Gate]:
    """Run the gate on changes of a comment, and on changes of all random draws."""
    repository = None
    for number in range(times):
        if repository is None or number % RUNS_OF_A_BASELINE == 0:
            repository = Repository.make(folder / str(number), number)
            _require(repository.gate("--as-baseline"), "main's own run")
        draws = f"random.Random(seed + {number})" if number % 2 else "random.Random(seed)"
        repository.changed(PIPELINE.replace("random.Random(seed)", draws) + f"\n# {number}\n")
        gate = repository.gate()
        _require(gate, "a harmless change")
        yield gate


def planted(check: str, times: int, folder: Path) -> Iterator[Gate]:
    """Run the gate on changes with one fault."""
    pipeline = PIPELINE
    for old, new in FAULTS[check].items():
        if old not in pipeline:
            raise SystemExit(f"{check}: {old!r} is not in the pipeline")
        pipeline = pipeline.replace(old, new, 1)
    for number in range(times):
        repository = Repository.make(folder / f"{check}-{number}", 10_000 + number)
        _require(repository.gate("--as-baseline"), "main's own run")
        repository.changed(pipeline)
        yield repository.gate()


def _require(gate: Gate, what: str) -> None:
    skipped = [each["check"] for each in gate.report.get("skipped", ()) if each["check"] in CHECKS]
    if gate.verdict in ("none", "error") or gate.report["crashed"] or (skipped and "own" not in what):
        raise SystemExit(f"{what}: {gate.verdict}, skipped {skipped}, {gate.report.get('crashed')}\n{gate.said}")


def page(quiet: Sequence[Gate], found: dict[str, list[Gate]], command: str) -> Page:
    """Return the table: how often each check accused a harmless change, and how often it found its fault."""
    accused = Counter(check for gate in quiet for check in gate.found)
    ran = Counter(check for gate in quiet for check in gate.report.get("clean", ()))
    rows = [
        [
            check,
            str(ran[check] + accused[check]),
            str(accused[check]),
            exact(accused[check], len(quiet)),
            percent(check in gate.found for gate in found.get(check, ())),
            str(len(found.get(check, ()))),
        ]
        for check in CHECKS
    ]
    others = {check: count for check, count in accused.items() if check not in CHECKS}
    headers = ("check", "harmless runs", "accused", "exact interval, %", "fault found, %", "planted")
    verdicts = dict(Counter(gate.verdict for gate in quiet))
    note = f"Other checks that accused: {others or 'none'}. Verdicts of harmless runs: {verdicts}."
    return Page("Harmless changes, run for real", command, (("", headers, rows),), (note,))


def main(argv: Sequence[str]) -> int:
    """Run it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.harmless", description=__doc__.partition("\n")[0])
    parser.add_argument("--times", type=int, default=10, help="harmless changes (%(default)s)")
    parser.add_argument("--planted", type=int, default=1, help="changes with each fault (%(default)s)")
    parser.add_argument("--busy", type=int, default=1, help="processes that keep the machine busy (%(default)s)")
    parser.add_argument("--write", action="store_true", help="put the table into docs/results.md")
    given = parser.parse_args(argv)
    for ending in (signal.SIGINT, signal.SIGTERM):  # also in the background, where Ctrl-C is ignored
        signal.signal(ending, signal.default_int_handler)
    quiet: list[Gate] = []
    found: dict[str, list[Gate]] = {}
    with tempfile.TemporaryDirectory() as folder, busy(given.busy), suppress(KeyboardInterrupt):
        for check in CHECKS:
            found[check] = [_read(gate) for gate in planted(check, given.planted, Path(folder))]
            print(
                f"{check}: found in {sum(check in gate.found for gate in found[check])} of {given.planted}", flush=True
            )
        for number, gate in enumerate(harmless(given.times, Path(folder))):
            quiet.append(_read(gate))
            if set(gate.found):
                print(f"run {number}: {sorted(gate.found)}", flush=True)
    page(quiet, found, f"python -m benchmarks.harmless --times {len(quiet)}").show(write=given.write)
    return 0


@dataclass(frozen=True)
class _Kept(Gate):
    """A gate whose report outlives its folder."""

    kept: dict[str, object] | None = None

    @property
    def report(self) -> dict[str, object]:
        """The report as it was."""
        return self.kept or {}


def _read(gate: Gate) -> Gate:
    return _Kept(gate.exit_code, gate.out, gate.said, gate.report)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
