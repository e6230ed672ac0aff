"""The data as evidence: counts, eval rows, labels, what stands on both sides."""

from dataclasses import replace

import numpy as np
import polars as pl

from gatebot.data.profile import overlap, profile, row_table, truth
from gatebot.data.rows import Columns
from gatebot.data.rules import SplitRules
from gatebot.data.split import split
from gatebot.evidence.column import Names, Numbers
from gatebot.evidence.profile import Overlap
from tests.data.made import rows_of, tickets

RULES = SplitRules("tickets", folds=1, eval_rows=100)


def test_the_profile_of_a_split() -> None:
    rows = tickets(500, slices=None)
    rows = replace(rows, columns=replace(rows.columns, slices=("side", "value")), files={"t.csv": "00"})
    result = split(rows, RULES)
    found = profile(rows, result)
    assert (found.rows, found.train_rows, len(found.eval_rows)) == (500, len(result.train), len(result.eval))
    assert [column.name for column in found.columns] == rows.frame.columns
    assert found.identity == ("customer", "day", "feature", "side", "value")
    assert sum(found.train_classes.values()) == found.train_rows
    assert set(found.train_classes) == {"class 0", "class 1", "class 2"}
    assert (found.overlap, found.duplicate_ids, found.train_target) == (Overlap(), 0, ())
    assert found.files == {"t.csv": "00"}
    sides = found.eval_rows.slices["side"]
    assert sides.texts() == rows.frame["side"][result.eval.tolist()].to_list()
    assert found.eval_rows.folds.tolist() == [0] * len(result.eval)
    assert found.eval_rows.groups is None


def test_the_target_of_a_regression_is_told_by_its_quantiles() -> None:
    rows = tickets(500, target="value")
    result = split(rows, replace(RULES, task="regression"))
    found = profile(rows, result)
    values = rows.frame["value"].cast(float).to_numpy()[result.train]
    assert found.train_classes == {}
    assert found.train_target[4] == np.median(values)
    assert (found.train_target[0], found.train_target[-1]) == (values.min(), values.max())


def test_labels_come_in_the_order_of_the_eval_rows() -> None:
    rows = tickets(300)
    result = split(rows, RULES)
    labels = truth(result)
    assert labels is not None
    assert labels.ids.tolist() == row_table(rows, result).ids.tolist()
    assert isinstance(labels.target, Names)
    assert labels.target.texts() == rows.frame["label"][result.eval.tolist()].to_list()
    numbers = truth(split(tickets(300, target="value"), replace(RULES, task="regression")))
    assert numbers is not None
    assert isinstance(numbers.target, Numbers)
    assert truth(split(tickets(300, target=None), replace(RULES, task="scores"))) is None


def test_rows_without_a_label_are_not_predicted_and_counted() -> None:
    rows = tickets(300)
    bare = rows.frame.with_columns(pl.when(pl.int_range(300) % 3 > 0).then("label").alias("label"))
    result = split(replace(rows, frame=bare), replace(RULES, folds=5))
    assert (len(result.eval), result.unlabelled) == (200, 100)
    labels = truth(result)
    assert labels is not None
    assert isinstance(labels.target, Names)
    assert (labels.target.codes >= 0).all()


def test_copies_of_declared_ids_are_counted() -> None:
    rows = rows_of(Columns("y", "i"), i=["a", "a", "b", None, None, *range(45)], y=["u", "v"] * 25, x=list(range(50)))
    found = profile(rows, split(rows, RULES))
    hashed = f"{split(rows, RULES).identity.ids[0]:016x}"
    assert (found.duplicate_ids, found.repeated_ids, found.repeated_examples) == (2, 1, (hashed,))


def test_of_many_repeated_ids_those_of_most_rows_are_named() -> None:
    names = [name for place in range(30) for name in [f"n{place}"] * (2 + (place == 17))]
    rows = rows_of(Columns("y", "i"), i=names, y=["u", "v"] * 30 + ["u"], x=list(range(61)))
    found = profile(rows, split(rows, RULES))
    assert (found.duplicate_ids, found.repeated_ids, len(found.repeated_examples)) == (61, 30, 20)
    assert found.repeated_examples[0] == f"{split(rows, RULES).identity.ids[names.index('n17')]:016x}"


def test_rows_without_a_declared_id_repeat_none() -> None:
    rows = rows_of(Columns("y"), y=["u", "v"] * 25, x=[1] * 50)
    found = profile(rows, split(rows, RULES))
    assert (found.duplicate_ids, found.repeated_ids, found.repeated_examples) == (0, 0, ())


def test_what_the_users_files_have_on_both_sides() -> None:
    columns = Columns("y", "i", "g")
    rows = rows_of(
        columns,
        fixed_eval=np.array([False] * 4 + [True] * 4),
        i=["1", "2", "3", "4", "1", "5", "6", "7"],
        g=["a", "b", "c", "d", "e", "b", "f", "h"],
        x=["p", "q", "r", "s", "t", "u", "v", "w"],
        y=["yes", "no"] * 4,
    )
    assert overlap(split(rows, RULES)) == Overlap(
        ids=1, contents=0, groups=1, examples=overlap(split(rows, RULES)).examples
    )
    alike = replace(rows, frame=rows.frame.with_columns(pl.lit("a").alias("g"), pl.Series("x", [*"pqrs", *"pqtu"])))
    found = overlap(split(alike, RULES))
    assert (found.contents, found.groups) == (2, 1)
    assert all(len(example) == 16 for example in found.examples)
    assert split(alike, RULES).excluded == 1  # the other one is the same id, too
