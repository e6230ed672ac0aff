"""The same question with real trainings: every example's pull requests, under several splits and sets of seeds.

python -m benchmarks.trainings --example digits --times 1     a minute or two
python -m benchmarks.trainings --times 20 --init --write      hours; with the configuration that `gatebot init` makes
"""

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median

from benchmarks.pages import Page, exact, percent
from examples.gate import environment, run_gate
from examples.repository import CONFIG, Change, Example, Repository, example, examples

NEED_A_STORE = ("remote-data",)
"""Examples whose data lies in an object store, which is here only in the tests."""
NOT_GUESSED = ("llm-scores",)
"""Examples whose task `gatebot init` cannot know: they keep their own configuration."""


@dataclass(frozen=True, slots=True)
class Gated:
    """One pull request of an example, gated under one split and set of seeds.

    Attributes:
        example: its name.
        change: what it is, and which verdict it deserves.
        verdict: what it got.
        blocking: checks that blocked it.
        undecided: a declared measure over all rows stayed undecided.
        trainings: of head.
        user_s: seconds in the user's code.
        gate_s: in gatebot's.
    """

    example: str
    change: Change
    verdict: str
    blocking: tuple[str, ...]
    undecided: bool
    trainings: int
    user_s: float
    gate_s: float


def gated(
    source: Example, number: int, folder: Path, *, init: bool = False, deserves: str | None = None
) -> Iterator[Gated]:
    """Every pull request of one example. The project's name keys the split and the seeds, so another is another draw.

    Args:
        source: the example.
        number: of the draw.
        folder: where everything goes.
        init: gate with the configuration that `gatebot init` makes instead of the example's own.
        deserves: only those that deserve this verdict.

    Raises:
        SystemExit: main's own run came to no verdict.
    """
    project = f"{source.name}-{number}"
    repository = Repository.create(source, folder / "repository", project=project)
    if init:
        _configure(repository, project)
    baseline = run_gate(repository.folder, "--as-baseline", "--quiet", out=folder / "main")
    if baseline.exit_code:
        raise SystemExit(f"{source.name}: main's own run ended with {baseline.exit_code}\n{baseline.said}")
    for change in source.changes.values():
        if deserves not in (None, change.verdict):
            continue
        repository.open_pull(change)
        gate = run_gate(repository.folder, "--quiet", out=folder / change.name)
        report, costs = gate.report, gate.report.get("costs", {})
        overall = [each for each in report.get("measures", ()) if each["declared"] and each["slice"] is None]
        yield Gated(
            example=source.name,
            change=change,
            verdict=gate.verdict,
            blocking=tuple(sorted({f["check"] for f in report.get("findings", ()) if f["action"] == "block"})),
            undecided=any(each["outcome"] == "undecided" for each in overall),
            trainings=costs.get("trainings", 0),
            user_s=costs.get("train_s", 0.0) + costs.get("predict_s", 0.0),
            gate_s=costs.get("gate_s", 0.0),
        )


def _configure(repository: Repository, project: str) -> None:
    """Put what `gatebot init` makes in place of the example's own configuration, in force at once."""
    config = repository.folder / CONFIG
    config.unlink()
    done = subprocess.run(
        [sys.executable, "-m", "gatebot", "init", "--no-trial"],
        cwd=repository.folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{project}: init ended with {done.returncode}\n{done.stderr}")
    made = re.sub(r"(?m)^project:.*$", f"project: {project}", config.read_text(encoding="utf-8"))
    config.write_text(made.replace("mode: observe", "mode: enforce"), encoding="utf-8")
    repository.git("add", "--all")
    repository.git("commit", "--quiet", "--message", "What gatebot init made")


def page(found: Sequence[Gated], command: str) -> Page:
    """Pull request by pull request, then all that should pass and all that should not."""
    names = dict.fromkeys((each.example, each.change.name) for each in found)
    lines = [_line(*name, [each for each in found if (each.example, each.change.name) == name]) for name in names]
    sums = []
    for title, deserved in (("should pass", "pass"), ("should be blocked", "blocked")):
        kept = [each for each in found if each.change.verdict == deserved]
        blocked = [each.verdict == "blocked" for each in kept]
        undecided = [each.undecided for each in kept]
        spent = f"{median(each.trainings for each in kept):g}" if kept else "—"
        sums.append(
            [title, str(len(kept)), percent(blocked), exact(sum(blocked), len(kept)), percent(undecided), spent]
        )
    return Page(
        "Decisions on real trainings",
        command,
        (
            (
                "All together",
                ("pull requests", "gated", "blocked, %", "exact interval", "undecided, %", "trainings"),
                sums,
            ),
            ("One by one", _HEAD, lines),
        ),
    )


_HEAD = (
    "pull request",
    "deserves",
    "gated",
    "as deserved, %",
    "undecided, %",
    "trainings",
    "blocked by",
    "user s",
    "gatebot s",
)


def _line(name: str, change: str, found: Sequence[Gated]) -> list[str]:
    by = sorted({check for each in found for check in each.blocking})
    deserved = found[0].change.verdict
    return [
        f"{name}: {change}",
        deserved,
        str(len(found)),
        percent(each.verdict == deserved for each in found),
        percent(each.undecided for each in found),
        f"{median(each.trainings for each in found):g}",
        ", ".join(by),
        f"{mean(each.user_s for each in found):.1f}",
        f"{mean(each.gate_s for each in found):.1f}",
    ]


def main(argv: Sequence[str]) -> int:
    """Run it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.trainings", description=__doc__.partition("\n")[0])
    parser.add_argument("--example", action="append", help="only this one; may be repeated (all)")
    parser.add_argument("--times", type=int, default=1, help="splits and sets of seeds of each (%(default)s)")
    parser.add_argument("--init", action="store_true", help="with what `gatebot init` makes, where it can")
    parser.add_argument("--deserves", metavar="VERDICT", help="only pull requests that deserve this one")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/results.md")
    given = parser.parse_args(argv)
    sources = [example(name) for name in given.example] if given.example else examples()
    sources = [each for each in sources if given.example or each.name not in NEED_A_STORE]
    found: list[Gated] = []
    for source in sources:
        for number in range(given.times):
            with tempfile.TemporaryDirectory() as folder:
                found += gated(
                    source,
                    number,
                    Path(folder),
                    init=given.init and source.name not in NOT_GUESSED,
                    deserves=given.deserves,
                )
    page(found, " ".join(["python -m benchmarks.trainings", *argv])).show(write=given.write)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
