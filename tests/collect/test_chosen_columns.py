import numpy as np
import polars as pl
import pytest

from gatebot.collect.chosen_columns import UNSCORED, chosen
from gatebot.evidence.column import Names, Numbers, names_of
from gatebot.evidence.training import SIMPLE_COLUMNS

ROWS = 300


def _frame(target: np.ndarray, *, typed: bool) -> tuple[pl.DataFrame, dict[str, str]]:
    """Hundreds of columns of noise, and a few that tell of the target."""
    rng = np.random.default_rng(4)
    columns = {f"noise {at}": rng.normal(size=ROWS) for at in range(400)}
    columns["useful number"] = target + rng.normal(size=ROWS)
    columns["with gaps"] = np.where(rng.random(ROWS) < 0.3, np.nan, -target + rng.normal(size=ROWS))
    columns["constant"] = np.ones(ROWS)
    numbers = pl.DataFrame(columns) if typed else pl.DataFrame(columns).fill_nan(None).cast(pl.String)
    words = {f"words {at}": [f"{a}{b}" for a, b in zip("ab" * 150, range(ROWS), strict=True)] for at in range(30)}
    many = {f"names {at}": rng.choice(list("pqrs"), ROWS).tolist() for at in range(50)}
    useful = {"useful name": np.where(target + rng.normal(size=ROWS) > 0.5, "hi", "lo").tolist()}
    keys = {"key": [f"k{at % 50}" for at in rng.permutation(ROWS)]}  # explains much by chance alone
    frame = numbers.with_columns(
        pl.Series(name, values) for name, values in {**words, **many, **useful, **keys}.items()
    )
    kinds = dict.fromkeys(columns, "number") | dict.fromkeys(words, "text")
    return frame, kinds | dict.fromkeys([*many, *useful, *keys], "category")


USEFUL = {"useful number", "with gaps", "useful name"}


@pytest.mark.parametrize("typed", [False, True], ids=["text", "typed"])
@pytest.mark.parametrize("task", ["classes", "many classes", "numbers"])
def test_of_many_columns_those_that_tell_of_the_target_are_kept(task: str, *, typed: bool) -> None:
    drawn = np.random.default_rng(3).integers(0, 2 if task == "classes" else 5, ROWS)
    frame, kinds = _frame(drawn.astype(float), typed=typed)
    target: Names | Numbers = Numbers(drawn.astype(float)) if task == "numbers" else names_of(drawn.tolist())
    train = np.arange(0, ROWS, 2)
    kept = chosen(frame, kinds, train, target.take(train))
    assert len(kept) == SIMPLE_COLUMNS
    assert set(kept) >= USEFUL
    assert "constant" not in kept
    assert sum(kinds[name] == "text" for name in kept) == UNSCORED
    assert list(kept) == [name for name in kinds if name in kept]


def test_only_the_rows_that_train_decide() -> None:
    drawn = np.random.default_rng(3).integers(0, 2, ROWS)
    frame, kinds = _frame(drawn.astype(float), typed=True)
    train, held = np.arange(0, ROWS, 2), np.arange(1, ROWS, 2)
    target = names_of(drawn.tolist())
    changed = frame.with_columns(
        pl.Series(name, np.where(np.isin(np.arange(ROWS), held), drawn * 9.0, frame[name].to_numpy()))
        for name in frame.columns
        if kinds[name] == "number"
    )
    assert chosen(changed, kinds, train, target.take(train)) == chosen(frame, kinds, train, target.take(train))


def test_few_columns_are_all_kept_and_missing_labels_count_for_nothing() -> None:
    drawn = np.random.default_rng(3).integers(0, 2, ROWS)
    frame, kinds = _frame(drawn.astype(float), typed=False)
    few = dict(list(kinds.items())[:SIMPLE_COLUMNS])
    target = names_of(drawn.tolist())
    assert chosen(frame, few, np.arange(ROWS), target) == tuple(few)
    some = Names(np.where(np.arange(ROWS) % 3 == 0, -1, target.codes).astype(np.int32), target.names)
    assert set(chosen(frame, kinds, np.arange(ROWS), some)) >= USEFUL
    none = Names(np.full(ROWS, -1, dtype=np.int32), target.names)
    assert len(chosen(frame, kinds, np.arange(ROWS), none)) == SIMPLE_COLUMNS
