"""Arbitrary evidence, and whether two pieces of it are the same."""

import dataclasses
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hn

from gatebot.evidence.column import Column, Hashes, Names, Numbers
from gatebot.evidence.effects import Effects, Ending
from gatebot.evidence.kind import Evidence
from gatebot.evidence.metrics_file import MetricsFile, ReportedMetrics
from gatebot.evidence.need import Need, Side, Tier
from gatebot.evidence.own_score import OwnScore, Score
from gatebot.evidence.predictions import (
    EVAL,
    TRAIN,
    Batches,
    CaseRows,
    ExchangedRows,
    InvalidRows,
    NearCopies,
    PerturbedRows,
    Predict,
    Predictions,
    RepeatedRows,
    ShuffledRows,
)
from gatebot.evidence.profile import ColumnProfile, DataProfile, Levels, Overlap, Profile, RowTable, Trait
from gatebot.evidence.snapshot import Snapshot, SnapshotProvenance
from gatebot.evidence.training import Fit, Labels, Model, Training
from gatebot.evidence.truth import Truth

ABOUT = SnapshotProvenance(
    gatebot="0.1",
    project="tickets",
    task="classification",
    commit="a" * 40,
    tested=None,
    created_at=datetime(2026, 11, 20, 9, 30, tzinfo=UTC),
    rules_digest="rules",
    recipe_digest="recipe",
    eval_digest="eval",
    data_version="data",
    environment_digest="environment",
    runner="linux-x86_64-2",
    isolation="full",
)

TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
COUNT = st.integers(0, 2**62)
COUNTS = st.integers(0, 9999)
TIME = st.floats(0, 1e6)
ANY_FLOAT = st.floats(allow_nan=True, allow_infinity=True)
FITS = st.builds(
    Fit,
    st.just(Side.HEAD),
    st.sampled_from(Tier),
    st.integers(0, 99),
    st.integers(0, 19),
    st.sampled_from(Labels),
    st.integers(0, 3),
    st.sampled_from(Model),
    st.none() | st.integers(1, 9999),
    st.sampled_from([0.5, 1.0, 4.0]),
)
ROWS = st.one_of(
    st.just(EVAL),
    st.just(TRAIN),
    st.builds(ShuffledRows, st.integers(0, 9)),
    st.builds(Batches, st.integers(1, 999), st.integers(1, 9)),
    st.builds(RepeatedRows, st.integers(0, 9)),
    st.builds(ExchangedRows, st.integers(0, 9)),
    st.builds(NearCopies, st.sampled_from([0.0, 0.01]), st.integers(0, 9)),
    st.builds(PerturbedRows, st.sampled_from(["noise", "missing"]), TEXT.filter(bool), st.floats(0.01, 1), COUNTS),
    st.builds(CaseRows, TEXT.filter(bool)),
    st.builds(InvalidRows, st.sampled_from(["no_rows", "huge"])),
)
PREDICTS = st.builds(Predict, FITS, ROWS)
NEEDS = st.one_of(
    FITS,
    PREDICTS,
    st.builds(Score, PREDICTS, TEXT.filter(bool)),
    st.just(Profile(Side.HEAD)),
    st.builds(MetricsFile, st.just(Side.HEAD), st.sampled_from(Tier), COUNTS),
)
EFFECTS = st.builds(
    Effects,
    st.sampled_from(Ending),
    st.none() | st.integers(-64, 255),
    TIME,
    TIME,
    COUNT,
    st.lists(TEXT, max_size=3).map(tuple),
)


def hashes(rows: int, *, unique: bool = False) -> st.SearchStrategy[Hashes]:
    return hn.arrays(np.uint64, rows, elements=st.integers(0, 2**64 - 1), unique=unique)


def numbers(rows: int) -> st.SearchStrategy[Numbers]:
    return st.builds(Numbers, hn.arrays(np.float64, rows, elements=ANY_FLOAT))


def names(rows: int) -> st.SearchStrategy[Names]:
    def coded(labels: list[str]) -> st.SearchStrategy[Names]:
        codes = hn.arrays(np.int32, rows, elements=st.integers(-1, len(labels) - 1))
        return st.builds(Names, codes, st.just(tuple(labels)))

    return st.lists(TEXT, max_size=4, unique=True).flatmap(coded)


def columns(rows: int) -> st.SearchStrategy[Mapping[str, Column]]:
    return st.dictionaries(TEXT, numbers(rows) | names(rows), max_size=3)


def predictions(rows: int) -> st.SearchStrategy[Predictions]:
    return st.builds(Predictions, EFFECTS, hashes(rows), columns(rows), TEXT, st.booleans())


def truths(rows: int) -> st.SearchStrategy[Truth]:
    weight = st.none() | st.builds(Numbers, hn.arrays(np.float64, rows, elements=st.floats(1e-3, 1e9)))
    return st.builds(Truth, hashes(rows, unique=True), numbers(rows) | names(rows), weight)


def row_tables(rows: int) -> st.SearchStrategy[RowTable]:
    levels = st.builds(Levels, TEXT, st.sampled_from(Trait), names(rows))
    return st.builds(
        RowTable,
        hashes(rows, unique=True),
        hashes(rows),
        st.none() | hashes(rows),
        hn.arrays(np.uint64, rows, elements=st.integers(0, 9)),
        st.dictionaries(TEXT, names(rows), max_size=2),
        st.lists(levels, max_size=2).map(tuple),
    )


def _of(need: Need, rows: int) -> st.SearchStrategy[Evidence]:
    match need:
        case Fit():
            losses = st.lists(ANY_FLOAT, max_size=3).map(tuple)
            return st.builds(Training, EFFECTS, COUNT, TEXT, st.none() | COUNT, losses)
        case Predict():
            return predictions(rows)
        case Profile():
            extreme = st.none() | ANY_FLOAT | TEXT
            number = st.none() | ANY_FLOAT
            quantiles = st.lists(ANY_FLOAT, max_size=9).map(tuple)
            counts = st.dictionaries(TEXT, COUNT, max_size=3)
            column = st.builds(
                ColumnProfile,
                *(TEXT, TEXT, COUNT, COUNT, COUNT, extreme, extreme, number, number, quantiles, COUNT, COUNT, counts),
            )
            overlap = st.builds(Overlap, COUNT, COUNT, COUNT, st.lists(TEXT, max_size=2).map(tuple))
            return st.builds(
                DataProfile,
                *(COUNT, COUNT, st.lists(column, max_size=2).map(tuple), st.lists(TEXT, max_size=2).map(tuple)),
                *(row_tables(rows), overlap, COUNT, COUNT, counts, quantiles, st.dictionaries(TEXT, TEXT, max_size=2)),
            )
        case MetricsFile():
            return st.builds(ReportedMetrics, st.dictionaries(TEXT, ANY_FLOAT, max_size=3))
        case Score():
            return st.builds(OwnScore, ANY_FLOAT, st.none() | numbers(rows).map(lambda column: column.values), TEXT)
    raise AssertionError(need)


def evidence(rows: int) -> st.SearchStrategy[Mapping[Need, Evidence]]:
    def filled(needs: list[Any]) -> st.SearchStrategy[Mapping[Need, Evidence]]:
        return st.fixed_dictionaries({need: _of(need, rows) for need in needs})

    return st.lists(NEEDS, max_size=4, unique_by=lambda need: need.key).flatmap(filled)


def snapshots() -> st.SearchStrategy[Snapshot]:
    unmet = st.dictionaries(NEEDS, TEXT, max_size=2)
    about = st.builds(
        ABOUT.__class__.model_copy,
        st.just(ABOUT),
        update=st.fixed_dictionaries(
            {"commit": st.none() | TEXT, "environment": st.dictionaries(TEXT, TEXT, max_size=2)}
        ),
    )
    return st.integers(0, 6).flatmap(lambda rows: st.builds(Snapshot, about, evidence(rows), unmet))


def same(one: Any, other: Any) -> bool:
    """Bit for bit, in the same types and order."""
    if dataclasses.is_dataclass(one) and type(one) is type(other):
        return all(same(getattr(one, f.name), getattr(other, f.name)) for f in dataclasses.fields(one))
    match one:
        case np.ndarray():
            return (one.dtype, one.shape, one.tobytes()) == (other.dtype, other.shape, other.tobytes())
        case dict():
            return (
                isinstance(other, dict) and list(one) == list(other) and all(same(one[key], other[key]) for key in one)
            )
        case tuple():
            return isinstance(other, tuple) and len(one) == len(other) and all(map(same, one, other))
        case float():
            return isinstance(other, float) and (one.hex() == other.hex() or (math.isnan(one) and math.isnan(other)))
        case _:
            return type(one) is type(other) and bool(one == other)


def ordered(snapshot: Snapshot) -> Snapshot:
    """With keys in the order in which they are stored."""
    evidence = {need: snapshot.evidence[need] for need in sorted(snapshot.evidence, key=lambda need: need.key)}
    unmet = {need: snapshot.unmet[need] for need in sorted(snapshot.unmet, key=lambda need: need.key)}
    return dataclasses.replace(snapshot, evidence=evidence, unmet=unmet)
