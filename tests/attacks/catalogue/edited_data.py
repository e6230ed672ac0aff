"""The data is edited so that a bad model looks as good as base's."""

from collections.abc import Callable

from tests.attacks import project
from tests.attacks.attack import Attack, Files
from tests.attacks.bait import Bait

LINES = [line.split(",") for line in project.ROWS_CSV.splitlines()]


def _edited(edit: Callable[[list[str]], list[str] | None]) -> Callable[[Bait], Files]:
    """The table with each line edited, or left out."""

    def files(_bait: Bait) -> Files:
        lines = [LINES[0], *(found for line in LINES[1:] if (found := edit(list(line))) is not None)]
        return {"data/rows.csv": "".join(",".join(line) + "\n" for line in lines)}

    return files


def _relabelled(line: list[str]) -> list[str]:
    return [*line[:2], "yes" if line[3] == "eval" else line[2], line[3]]


def _easier(line: list[str]) -> list[str] | None:
    return line if line[3] == "train" or line[2] == "yes" else None


def _renamed(line: list[str]) -> list[str]:
    return [f"new-{line[0]}", line[1], "yes" if line[3] == "eval" else line[2], line[3]]


def _moved(line: list[str]) -> list[str]:
    return [*line[:3], "train" if line[2] == "no" else "eval"]


ATTACKS = (
    Attack(name="eval rows relabelled", change=_edited(_relabelled)),
    Attack(name="hard eval rows removed", change=_edited(_easier), asks=True, slow=True),
    Attack(name="eval rows renamed", change=_edited(_renamed), asks=True, slow=True),
    Attack(name="eval rows moved to training", change=_edited(_moved), slow=True),
)
