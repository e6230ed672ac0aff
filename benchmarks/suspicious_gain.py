"""How often a gain that is too good to be true is proven to be a leak, and a true improvement taken for one.

python -m benchmarks.suspicious_gain               a few changes of each kind
python -m benchmarks.suspicious_gain --times 50 --first 100    what the documentation tells
"""

import argparse
import sys
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from benchmarks.leaks import IMPROVEMENTS, LEAKS, Told, drawn, kinds, told
from benchmarks.pages import Page, exact, percent


@dataclass(frozen=True, slots=True)
class Task:
    """One change to be judged: picklable, and the same whoever draws it."""

    name: str
    number: int

    def trial(self) -> "Trial":
        """Draw it, and judge it."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of learners that did not converge
            return Trial(self.name, self.number, told(drawn(self.name, self.number)))


@dataclass(frozen=True, slots=True)
class Trial:
    """One change, and what was said of it."""

    name: str
    number: int
    told: Told


def tasks(times: int, first: int = 0) -> list[Task]:
    """So many changes of each kind."""
    return [Task(name, number) for number in range(first, first + times) for name, _ in kinds()]


def judged(todo: Sequence[Task], jobs: int) -> list[Trial]:
    """All of them, in order."""
    if jobs == 1:
        return [task.trial() for task in todo]
    with ProcessPoolExecutor(jobs) as pool:
        return list(pool.map(Task.trial, todo, chunksize=4))


HEAD = ("change", "judged", "blocked, %", "exact interval", "warned, %", "exact interval", "silent, %", "causes told")


def page(trials: Sequence[Trial], command: str) -> Page:
    """What it comes to."""
    return Page(
        "Gains that are too good to be true",
        command,
        (
            ("True improvements, by kind", HEAD, list(_lines(trials, tuple(IMPROVEMENTS), "all improvements"))),
            ("Leaks, by kind", HEAD, list(_lines(trials, tuple(LEAKS), "all leaks"))),
        ),
        (
            "Exact intervals are of 95 %. Silent: the gain is not large enough to be looked at, and nothing is probed.",
            "A noisy copy has errors in up to 6 % of rows; from about 1 % on it cannot be told from a strong feature.",
        ),
    )


def _lines(trials: Sequence[Trial], names: tuple[str, ...], all_of_them: str) -> Iterator[list[str]]:
    for name in names:
        yield _line(name, [each.told for each in trials if each.name == name])
    yield _line(all_of_them, [each.told for each in trials if each.name in names])


def _line(name: str, found: list[Told]) -> list[str]:
    blocked = [each.blocked for each in found]
    warned = [each.action is not None and not each.blocked for each in found]
    causes = sorted({subject.partition(" ")[0] for each in found if each.blocked for subject in each.subjects})
    return [
        name,
        str(len(found)),
        percent(blocked),
        exact(sum(blocked), len(found)),
        percent(warned),
        exact(sum(warned), len(found)),
        percent(each.action is None for each in found),
        ", ".join(causes) or "—",
    ]


def arguments(given: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=3, help="changes of each kind")
    parser.add_argument(
        "--first", type=int, default=0, help="number of the first draw; thresholds were chosen on 0 to 12"
    )
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/results.md")
    return parser.parse_args(given)


def main() -> None:
    """Judge and tell."""
    given = arguments(sys.argv[1:])
    command = " ".join(["python -m benchmarks.suspicious_gain", *sys.argv[1:]])
    page(judged(tasks(given.times, given.first), given.jobs), command).show(write=given.write)


if __name__ == "__main__":
    main()
