import numpy as np
import pytest

from gatebot.evidence.column import Numbers, names_of
from gatebot.evidence.truth import Truth


def labelled(**labels: str) -> Truth:
    """Rows `r1`, `r2` and so on with their labels."""
    return Truth(np.array([int(name[1:]) for name in labels], dtype=np.uint64), names_of(list(labels.values())))


def told(truth: Truth) -> dict[str, str]:
    assert not isinstance(truth.target, Numbers)
    return {f"r{row}": str(text) for row, text in zip(truth.ids.tolist(), truth.target.texts(), strict=True)}


@pytest.mark.parametrize(
    ("known", "more", "joined"),
    [
        ({"r1": "a"}, {"r2": "b"}, {"r1": "a", "r2": "b"}),
        ({"r1": "a", "r2": "b"}, {"r2": "c", "r3": "a"}, {"r1": "a", "r2": "b", "r3": "a"}),
        ({"r1": "a", "r2": "b"}, {"r2": "c"}, {"r1": "a", "r2": "b"}),
    ],
)
def test_labels_of_further_rows_are_added(known: dict[str, str], more: dict[str, str], joined: dict[str, str]) -> None:
    assert told(labelled(**known).joined(labelled(**more))) == joined


def test_some_rows_are_taken_in_their_order() -> None:
    some = labelled(r3="a", r1="b", r2="c").of(np.array([2, 3, 9], dtype=np.uint64))
    assert told(some) == {"r3": "a", "r2": "c"}
