"""What a split promises: nothing on both sides, nothing moves that need not, base's word is binding."""

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatebot.data.profile import overlap, profile, row_table
from gatebot.data.rows import Columns, Rows
from gatebot.data.rules import SplitRules
from gatebot.data.split import Split, split
from gatebot.errors import UsageError
from gatebot.evidence.column import Names
from gatebot.evidence.need import Tier
from gatebot.evidence.profile import RowTable
from tests.data.made import only, rows_of, tickets

RULES = SplitRules("tickets", train_rows=40, eval_rows=60)

# ways of splitting that gatebot answers for: which columns play a part, and what is set
Way = tuple[dict[str, Any], dict[str, Any]]
AUTO: dict[str, Way] = {
    "by id": ({}, {}),
    "by content": ({"id": None}, {}),
    "by group": ({"group": "customer"}, {}),
    "by time": ({"time": "day"}, {}),
    "numbers": ({"target": "value"}, {"task": "regression"}),
    "no target": ({"target": None}, {"task": "scores"}),
    "folds": ({}, {"folds": 4}),
    "folds by group": ({"group": "customer"}, {"folds": 3}),
}
THEIRS: dict[str, Way] = {"by column": ({"split": "side"}, {})}
EVERY = AUTO | THEIRS


def made(way: str, count: int, *, seed: int = 0, copies: float = 0.0) -> tuple[Rows, SplitRules]:
    """Rows and rules of one way; `TINY` data must not turn into folds here, so one fold is asked for."""
    parts, set_to = EVERY[way]
    rows = tickets(count, groups=max(4, count // 4), copies=copies, seed=seed, **parts)
    wanted: dict[str, Any] = {"folds": 1} | set_to
    return rows, replace(RULES, **wanted)


def ids(result: Split, index: np.ndarray) -> set[int]:
    return set(result.identity.ids[index].tolist())


def sides(result: Split) -> dict[int, str]:
    """Every id's side."""
    return dict.fromkeys(ids(result, result.train), "train") | dict.fromkeys(ids(result, result.eval), "eval")


def same(one: Split, other: Split) -> bool:
    return (
        np.array_equal(one.identity.ids[one.eval], other.identity.ids[other.eval])
        and ids(one, one.train) == ids(other, other.train)
        and one.excluded == other.excluded
    )


sizes = st.integers(30, 300)
seeds = st.integers(0, 10_000)


@settings(max_examples=25, deadline=None)
@given(way=st.sampled_from(sorted(AUTO)), count=sizes, seed=seeds, copies=st.sampled_from([0.0, 0.1, 0.3]))
def test_nothing_that_is_predicted_trains(way: str, count: int, seed: int, copies: float) -> None:
    rows, rules = made(way, count, seed=seed, copies=copies)
    result = split(rows, rules)
    for tier in Tier:
        for fold in range(result.fold_count):
            train = result.training(tier, fold)
            held = result.eval if result.folds is None else result.eval[result.folds[result.eval] == fold]
            assert len(train)
            assert len(held)
            assert not ids(result, train) & ids(result, held)
            assert not set(result.identity.contents[train].tolist()) & set(result.identity.contents[held].tolist())
            if result.identity.groups is not None:
                assert not set(result.identity.groups[train].tolist()) & set(result.identity.groups[held].tolist())
    assert overlap(result) == type(overlap(result))()


@settings(max_examples=40, deadline=None)
@given(way=st.sampled_from(sorted(EVERY)), count=sizes, seed=seeds, copies=st.sampled_from([0.0, 0.2]))
def test_with_bases_rows_the_same_data_splits_the_same(way: str, count: int, seed: int, copies: float) -> None:
    rows, rules = made(way, count, seed=seed, copies=copies)
    base = split(rows, rules)
    head = split(rows, rules, row_table(rows, base))
    assert same(base, head)
    for tier in Tier:
        assert np.array_equal(base.training(tier), head.training(tier))


@settings(max_examples=25, deadline=None)
@given(way=st.sampled_from(sorted(EVERY)), count=sizes, seed=seeds)
def test_the_order_of_rows_means_nothing(way: str, count: int, seed: int) -> None:
    rows, rules = made(way, count, seed=seed)
    order = np.random.default_rng(seed).permutation(count)
    assert sides(split(rows, rules)) == sides(split(only(rows, order), rules))


@settings(max_examples=40, deadline=None)
@given(
    way=st.sampled_from(["by id", "by content", "no target"]),
    count=st.integers(60, 400),
    added=st.integers(1, 20),
    seed=seeds,
    limit=st.sampled_from([0.2, 0.4, 20, 60, 5000]),
)
def test_new_rows_move_hardly_any_other(way: str, count: int, added: int, seed: int, limit: float | int) -> None:
    rows, rules = made(way, count + added, seed=seed)
    rules = replace(rules, eval_rows=limit)
    before, after = sides(split(only(rows, range(count)), rules)), sides(split(rows, rules))
    moved = sum(after[key] != side for key, side in before.items())
    assert moved <= (added if limit == 5000 else 2 * added)  # twice where the limit binds: classes share it


@settings(max_examples=40, deadline=None)
@given(way=st.sampled_from(sorted(set(AUTO) - {"folds", "folds by group"})), count=st.integers(60, 300), seed=seeds)
def test_bases_side_is_binding_when_rows_come_and_go(way: str, count: int, seed: int) -> None:
    rows, rules = made(way, count + 30, seed=seed)
    try:
        base = split(only(rows, range(count)), rules)
    except UsageError:
        return
    known = row_table(only(rows, range(count)), base)
    head = split(only(rows, np.arange(20, count + 30)), rules, known)
    now = sides(head)
    assert all(now[key] == "eval" for key in known.ids.tolist() if key in set(head.identity.ids.tolist()))
    stayed = [key for key in ids(base, base.train) if key in now]
    if way not in ("by group", "numbers"):  # a group's class, and a bin's edges, follow the rows that are there
        assert all(now[key] == "train" for key in stayed)
    assert not known.ids[np.isin(known.ids, head.identity.ids[head.train])].size


@settings(max_examples=25, deadline=None)
@given(count=st.integers(30, 200), seed=seeds, way=st.sampled_from(["folds", "folds by group"]))
def test_bases_folds_are_binding(count: int, seed: int, way: str) -> None:
    rows, rules = made(way, count + 20, seed=seed)
    base = split(only(rows, range(count)), rules)
    known = row_table(only(rows, range(count)), base)
    head = row_table(rows, split(rows, rules, known))
    then, now = (dict(zip(t.ids.tolist(), t.folds.tolist(), strict=True)) for t in (known, head))
    assert all(now[key] == fold for key, fold in then.items())
    assert len(now) == count + 20


@pytest.mark.parametrize("way", ["by id", "by group", "by time", "by column", "folds"])
def test_a_copy_of_bases_eval_row_never_trains(way: str) -> None:
    rows, rules = made(way, 200)
    base = split(rows, rules)
    stolen = rows.frame[base.eval[:10].tolist()].with_columns(("copy " + pl.col("id")).alias("id"))
    if way == "by column":
        stolen = stolen.with_columns(pl.lit("train").alias("side"))
    head = split(replace(rows, frame=pl.concat([rows.frame, stolen])), rules, row_table(rows, base))
    assert ids(head, head.eval) >= ids(base, base.eval)
    for fold in range(head.fold_count):
        held = head.eval if head.folds is None else head.eval[head.folds[head.eval] == fold]
        train = head.training(Tier.CONFIRM, fold)
        assert not set(head.identity.contents[train].tolist()) & set(head.identity.contents[held].tolist())


def test_what_is_excluded_is_counted() -> None:
    rows, rules = made("by id", 200)
    base = split(rows, rules)
    known = row_table(rows, base)
    gone = base.eval[:5]
    kept = np.setdiff1d(np.arange(200), gone)
    renamed = rows.frame[gone.tolist()].with_columns(("new " + pl.col("id")).alias("id"))
    head = split(replace(rows, frame=pl.concat([rows.frame[kept.tolist()], renamed])), rules, known)
    assert not set(head.identity.contents[head.train].tolist()) & set(known.contents.tolist())
    lying_in_the_way = int((np.isin(head.identity.contents[195:], known.contents)).sum())
    assert lying_in_the_way == 5
    assert 0 < head.excluded <= 5


def test_equal_contents_mean_nothing_where_a_few_values_make_all_rows() -> None:
    rows = rows_of(
        Columns("y", "id"),
        id=list(range(2000)),
        a=[place % 2 for place in range(2000)],
        b=[place % 3 for place in range(2000)],
        y=[place % 5 for place in range(2000)],
    )
    result = split(rows, SplitRules("p"))
    assert (len(result.eval), len(result.train), result.excluded) == (800, 1200, 0)
    assert overlap(result).contents == 0
    unnamed = split(replace(rows, columns=Columns("y"), frame=rows.frame.drop("id")), SplitRules("p"))
    assert (len(unnamed.eval), len(unnamed.train)) == (800, 1200)


@settings(max_examples=25, deadline=None)
@given(
    seed=seeds, weights=st.lists(st.integers(1, 60), min_size=2, max_size=12), limit=st.sampled_from([30, 0.3, 5000])
)
def test_classes_keep_their_shares_and_stand_on_both_sides(seed: int, weights: list[int], limit: int | float) -> None:
    labels = [f"c{code}" for code, weight in enumerate(weights) for _ in range(weight)]
    if sum(weight == 1 for weight in weights) * 2 > len(labels) or max(weights) < 2:
        return
    rows = rows_of(Columns("y"), y=labels, x=[f"{seed} {place}" for place in range(len(labels))])
    rules = SplitRules(f"p{seed}", folds=1, eval_rows=limit)
    result = split(rows, rules)
    held = Counter(labels[place] for place in result.eval.tolist())
    train = Counter(labels[place] for place in result.train.tolist())
    share = len(result.eval) / len(labels)
    for label, count in Counter(labels).items():
        if count >= 2:
            assert held[label] >= 1
            assert train[label] >= 1
        assert abs(held[label] - share * count) <= len(weights) + 1
    assert len(result.eval) <= (limit if isinstance(limit, int) else max(limit * len(labels), len(weights)) + 1)


@settings(max_examples=25, deadline=None)
@given(
    count=sizes,
    seed=seeds,
    train_rows=st.sampled_from([1, 7, 40, 0.1, 0.5, 10_000]),
    way=st.sampled_from(sorted(EVERY)),
)
def test_smoke_rows_are_among_confirm_rows(count: int, seed: int, train_rows: int | float, way: str) -> None:
    rows, rules = made(way, count, seed=seed)
    for confirm in (None, 0.25, 50):
        result = split(rows, replace(rules, train_rows=train_rows, confirm_rows=confirm))
        pool = len(result.outside(0))
        smoke, more = result.training(), result.training(Tier.CONFIRM)
        assert set(smoke.tolist()) <= set(more.tolist()) <= set(result.train.tolist())
        wanted = train_rows if isinstance(train_rows, int) else max(1, int(train_rows * pool))
        assert len(smoke) <= min(wanted, pool)
        assert len(smoke) >= min(wanted, 0.9 * pool) - 4  # classes and bins round down
        assert np.array_equal(smoke, np.sort(smoke))


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({"train_rows": 2000}, True),
        ({"train_rows": 1.0}, True),
        ({"train_rows": 100}, False),
        ({"train_rows": 100, "confirm_rows": 50}, True),
        ({"train_rows": 2000, "folds": 5}, True),
        ({"train_rows": 300, "folds": 5}, False),
        ({"train_rows": 2000, "trains": False}, False),
    ],
)
def test_both_tiers_are_one_where_they_train_on_the_same_rows(changes: dict[str, Any], same: bool) -> None:
    rows, rules = made("by id", 500)
    result = split(rows, replace(rules, **changes))
    assert result.one_tier is same
    assert profile(rows, result).one_tier is same
    if result.rules.trains:
        tiers = [[result.training(tier, fold).tolist() for fold in range(result.fold_count)] for tier in Tier]
        assert (tiers[0] == tiers[1]) is same


@settings(max_examples=25, deadline=None)
@given(count=st.integers(60, 400), seed=seeds, way=st.sampled_from(sorted(EVERY)))
def test_each_seed_leaves_out_another_tenth(count: int, seed: int, way: str) -> None:
    rows, rules = made(way, count, seed=seed)
    result = split(rows, replace(rules, train_rows=1.0))
    by_seed = [set(result.training(seed=number).tolist()) for number in range(4)]
    pool = set(result.outside(0).tolist())
    assert {len(each) for each in by_seed} == {len(by_seed[0])}
    assert 0.9 * len(pool) <= len(by_seed[0]) <= len(pool)
    assert all(each <= pool for each in by_seed)
    if len(by_seed[0]) < len(pool) - 3:
        assert len(set(map(frozenset, by_seed))) > 1
    assert by_seed == [set(split(rows, replace(rules, train_rows=1.0)).training(seed=n).tolist()) for n in range(4)]


def test_no_seed_leaves_out_a_rare_class() -> None:
    labels = ["rare"] * 9 + ["usual"] * 600
    result = split(
        rows_of(Columns("y"), y=labels, x=[str(place) for place in range(len(labels))]),
        replace(RULES, train_rows=1.0, folds=1),
    )
    rare = {place for place in result.train.tolist() if labels[place] == "rare"}
    assert rare
    assert all(rare <= set(result.training(Tier.CONFIRM, seed=number).tolist()) for number in range(5))


def test_numbers_are_held_out_over_their_whole_range() -> None:
    rows, rules = made("numbers", 2000)
    result = split(rows, replace(rules, eval_rows=200))
    values = rows.frame["value"].cast(float).to_numpy()
    assert abs(len(result.eval) - 200) <= 10
    assert np.allclose(
        np.quantile(values[result.eval], [0.1, 0.5, 0.9]), np.quantile(values, [0.1, 0.5, 0.9]), rtol=0.15
    )


def test_by_time_the_latest_rows_are_predicted() -> None:
    rows, rules = made("by time", 300)
    result = split(rows, rules)
    days = rows.frame["day"].to_numpy()
    assert len(result.eval) == 60
    assert days[result.train].max() <= days[result.eval].min()


def test_by_time_rows_without_a_label_yet_do_not_train_on_the_future() -> None:
    rows, rules = made("by time", 300)
    latest = rows.frame["day"].max()
    frame = rows.frame.with_columns(pl.when(pl.col("day") != latest).then(pl.col("label")).alias("label"))
    rows = replace(rows, frame=frame)
    result = split(rows, rules)
    days = frame["day"].to_numpy()
    assert result.unlabelled == int((days == latest).sum()) > 0
    assert days[result.train].max() <= days[result.eval].min() < latest
    assert same(result, split(rows, rules, row_table(rows, result)))


def test_by_time_new_rows_after_bases_do_not_train() -> None:
    rows, rules = made("by time", 300)
    base = split(rows, rules)
    later = rows.frame[:9].with_columns(("new " + pl.col("id")).alias("id"), pl.lit("2027-01-01").alias("day"))
    head = split(replace(rows, frame=pl.concat([rows.frame, later])), rules, row_table(rows, base))
    assert not set(head.train.tolist()) & set(range(300, 309))
    assert ids(head, head.eval) == ids(base, base.eval)  # there is room for no more
    assert head.left_out == base.left_out + 9


def test_time_and_group_that_leave_nothing_to_train_on() -> None:
    rows = tickets(500, groups=5, group="customer", time="day")
    with pytest.raises(UsageError, match="before the eval rows only 0 belong to groups"):
        split(rows, replace(RULES, folds=1))


def test_the_users_own_column_decides_and_what_it_leaks_is_counted() -> None:
    rows, rules = made("by column", 300, copies=0.4)
    rows = replace(rows, columns=replace(rows.columns, group="customer"))
    frame = rows.frame.with_columns(pl.lit("1").alias("value"), pl.lit("d").alias("day"), pl.lit("g").alias("customer"))
    result = split(replace(rows, frame=frame), replace(rules, eval_rows=5000))
    says_eval = np.flatnonzero((frame["side"] == "Test").to_numpy())
    assert set(result.eval.tolist()) == set(says_eval.tolist())
    found = overlap(result)
    assert found.contents > 0
    assert found.groups == 1
    assert 0 < len(found.examples) <= 20
    contents = result.identity.contents
    assert not set(contents[result.train].tolist()) & set(contents[result.eval].tolist())
    assert result.excluded == 300 - len(result.eval) - len(result.train)


def test_a_column_that_names_no_eval_row() -> None:
    rows = rows_of(Columns("y", split="fold"), y=["a", "b"] * 5, fold=["one"] * 10, x=list(range(10)))
    with pytest.raises(UsageError, match="says eval for 0 of 10 rows; it holds 'one'"):
        split(rows, RULES)
    folds = replace(rows, frame=rows.frame.with_columns(pl.Series("fold", ["1", "2.0"] * 5)))
    assert len(split(folds, replace(RULES, eval_values=("2",))).eval) == 5


def test_fixed_eval_files_larger_than_wanted_are_sampled_and_the_rest_does_not_train() -> None:
    rows = tickets(400)
    fixed = np.arange(400) >= 200
    result = split(replace(rows, fixed_eval=fixed), replace(RULES, eval_rows=50))
    assert len(result.eval) == 50
    assert fixed[result.eval].all()
    assert not fixed[result.train].any()
    assert result.left_out == 150


@pytest.mark.parametrize("count", [20, 150, 999])
def test_tiny_data_is_predicted_out_of_fold(count: int) -> None:
    rows = tickets(count)
    result = split(rows, SplitRules("p"))
    assert (result.fold_count, len(result.eval)) == (3, count)
    assert result.folds is not None
    per_fold = np.bincount(result.folds.astype(int), minlength=3)
    assert per_fold.max() - per_fold.min() <= 3
    for label in ("class 0", "class 1", "class 2"):
        mine = np.bincount(result.folds[(rows.frame["label"] == label).to_numpy()].astype(int), minlength=3)
        assert mine.max() - mine.min() <= 1


def test_what_base_did_decides_whether_data_are_tiny() -> None:
    small, large = tickets(995), tickets(1005)
    base = split(small, SplitRules("p"))
    assert split(large, SplitRules("p")).fold_count == 1
    assert split(large, SplitRules("p"), row_table(small, base)).fold_count == 3
    base = split(large, SplitRules("p"))
    assert split(small, SplitRules("p"), row_table(large, base)).fold_count == 1


def test_base_decides_how_many_folds_there_are() -> None:
    rows = tickets(90, groups=3, group="customer")
    more = tickets(120, groups=9, group="customer", seed=1)
    known = row_table(rows, split(rows, replace(RULES, folds=5)))
    assert split(more, replace(RULES, folds=5), known).fold_count == 3
    held_out = row_table(rows, split(rows, replace(RULES, folds=1)))
    assert split(rows, replace(RULES, folds=3), held_out).fold_count == 3


def test_fewer_groups_than_folds() -> None:
    rows = tickets(100, groups=3, group="customer")
    assert split(rows, SplitRules("p")).fold_count == 3
    with pytest.raises(UsageError, match="may not be parted"):
        split(tickets(100, groups=1, group="customer"), SplitRules("p"))


def test_a_large_group_does_not_crowd_out_all_others() -> None:
    rows = tickets(2000, groups=40, group="customer")
    customer = pl.Series("customer", ["big"] * 1500).append(rows.frame["customer"][1500:])
    rows = replace(rows, frame=rows.frame.with_columns(customer))
    result = split(rows, SplitRules("p", eval_rows=300))
    assert 100 <= len(result.eval) <= 300
    assert "big" not in rows.frame["customer"][result.eval.tolist()].to_list()


@pytest.mark.parametrize(
    ("values", "columns", "says"),
    [
        ({"x": ["1"], "y": ["a"]}, Columns("y"), "holds one class only"),
        ({"x": ["1", "2"], "y": [None, ""]}, Columns("y"), "no row has a label"),
        ({"x": ["1", "2"], "y": ["a", "b"], "i": [None, ""]}, Columns("y", "i"), "no row has an id"),
        (
            {"x": ["1"] * 9, "y": list("ababababa"), "g": ["one"] * 9},
            Columns("y", group="g"),
            "nothing can be held out",
        ),
    ],
)
def test_data_that_cannot_be_split(values: dict[str, Any], columns: Columns, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        split(rows_of(columns, **values), RULES)


def test_an_empty_table_of_base_binds_nothing() -> None:
    rows, rules = made("by id", 100)
    none = np.empty(0, dtype=np.uint64)
    assert same(split(rows, rules), split(rows, rules, RowTable(none, none, None, none, {})))


def test_rows_without_an_id_and_copies_of_an_id_are_never_predicted() -> None:
    rows = rows_of(
        Columns("y", "i"), i=[None, "", *["a"] * 3, *range(95)], y=["u", "v"] * 50, x=[f"{n}" for n in range(100)]
    )
    result = split(rows, replace(RULES, folds=1))
    assert not {0, 1, 3, 4} & set(result.eval.tolist())
    assert len(set(result.identity.ids[result.eval].tolist())) == len(result.eval)
    assert not ids(result, result.train) & ids(result, result.eval)


@pytest.mark.parametrize("count", [60, 2000])
def test_where_nothing_learns_every_row_is_an_eval_row(count: int) -> None:
    rows = tickets(count, target=None)
    result = split(rows, SplitRules("p", task="scores", trains=False))
    assert (len(result.eval), len(result.train), result.fold_count) == (count, 0, 1)
    again = split(rows, SplitRules("p", task="scores", trains=False), row_table(rows, result))
    assert same(result, again)
    assert len(split(rows, SplitRules("p", task="scores", trains=False, eval_rows=50)).eval) == 50


AS_DRAWN = SplitRules("tickets", train_rows=40, eval_rows="auto", auto_rows=120, folds=1)


def rare(count: int = 1500, *, seed: int = 0, **parts: Any) -> Rows:
    """Tickets of two classes, one of them in two rows of a hundred."""
    rows = tickets(count, groups=count // 3, seed=seed, **parts)
    label = pl.when(pl.int_range(count) % 50 == 0).then(pl.lit("urgent")).otherwise(pl.lit("normal"))
    return replace(rows, frame=rows.frame.with_columns(label.alias("label")))


def is_urgent(result: Split, index: np.ndarray) -> np.ndarray:
    """Which of the rows are of the rare class."""
    assert isinstance(result.target, Names)
    found: np.ndarray = np.array(result.target.take(index).texts()) == "urgent"
    return found


@pytest.mark.parametrize("way", ["by id", "by content", "by group", "by column"])
def test_rare_classes_are_predicted_first(way: str) -> None:
    rows = rare(**EVERY[way][0])
    result = split(rows, AS_DRAWN)
    assert len(result.eval) == AS_DRAWN.auto_rows < result.pool
    assert result.weights is not None
    urgent = is_urgent(result, result.eval)
    fixed = split(rows, replace(AS_DRAWN, eval_rows=120))
    before = is_urgent(fixed, fixed.eval)
    assert urgent.sum() > 2 * before.sum()
    assert result.weights[urgent].max() < result.weights[~urgent].min()
    assert result.weights.sum() == pytest.approx(result.pool)


def test_rows_that_no_training_needs_are_eval_rows() -> None:
    result = split(rare(), AS_DRAWN)
    needed = AS_DRAWN.most_trained
    assert needed == 112  # the confirm tier's 100, and the tenth that each seed leaves out
    assert needed <= len(result.train) <= needed + 2
    assert all(len(result.training(Tier.CONFIRM, seed=seed)) == 100 for seed in range(10))
    share = is_urgent(result, result.train).mean()
    assert share == pytest.approx(0.02, abs=0.01)  # training rows are as they come


@pytest.mark.parametrize("rules", [{"train_rows": 0.2}, {"confirm_rows": 1400}])
def test_training_keeps_its_share_where_it_needs_it(rules: dict[str, Any]) -> None:
    result = split(rare(), replace(AS_DRAWN, **rules))
    assert len(result.train) == pytest.approx(900, abs=2)


def test_by_time_no_more_rows_are_held_out_than_could_be_predicted() -> None:
    result = split(rare(40_000, time="day"), AS_DRAWN)
    assert result.pool <= 16_500
    assert len(result.train) > 20_000


@pytest.mark.parametrize("way", ["by id", "by content", "by group", "by column"])
def test_base_binds_which_rows_are_drawn_and_what_they_stand_for(way: str) -> None:
    rows = rare(**EVERY[way][0])
    base = split(rows, AS_DRAWN)
    known = row_table(rows, base)
    again = split(rows, replace(AS_DRAWN, auto_rows=5000), known)
    assert np.array_equal(again.identity.ids[again.eval], known.ids)
    assert again.weights is not None
    assert known.weights is not None
    assert np.array_equal(again.weights, known.weights)
    fewer = split(only(rows, range(3, len(rows))), AS_DRAWN, known)
    kept = np.isin(known.ids, fewer.identity.ids[fewer.eval])
    assert kept.sum() >= len(known) - 3
    assert len(fewer.eval) <= len(known)


def test_a_guarantee_draws_with_equal_chances() -> None:
    result = split(rare(), replace(AS_DRAWN, even=True))
    assert len(result.eval) == AS_DRAWN.auto_rows
    assert result.weights is None


def test_small_data_are_predicted_whole_without_weights() -> None:
    result = split(rare(200), AS_DRAWN)
    assert result.pool == len(result.eval)
    assert result.weights is None
