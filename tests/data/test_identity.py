"""Hashes: keyed, unambiguous, and the same for the same values in text and in types."""

import datetime as dt
from hashlib import blake2b
from pathlib import Path

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from gatebot.data.identity import copies, id_hashes, identify, joined, keyed, mixed
from gatebot.data.read import read
from gatebot.data.rows import Columns
from gatebot.data.source import Source
from tests.data.made import rows_of

TEXT = st.text(alphabet=st.sampled_from("ab\x1f\x1bes ,\né"), max_size=6)


def test_a_hash_is_blake2b_keyed_by_the_project() -> None:
    key = blake2b(b"tickets", digest_size=32).digest()
    digest = blake2b("é".encode(), digest_size=8, key=key, person=b"id").digest()
    assert keyed("tickets", "id", pl.Series(["é"])).tolist() == [int.from_bytes(digest, "little")]
    assert keyed("other", "id", pl.Series(["é"])) != keyed("tickets", "id", pl.Series(["é"]))
    assert keyed("tickets", "group", pl.Series(["é"])) != keyed("tickets", "id", pl.Series(["é"]))


@given(st.tuples(TEXT, TEXT, TEXT), st.tuples(TEXT, TEXT, TEXT))
def test_different_values_never_make_the_same_text(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    frame = pl.DataFrame([one, other], schema=["a", "b", "c"], orient="row")
    texts = joined(frame, frame.columns)
    assert (texts[0] == texts[1]) == (one == other)


@given(TEXT, TEXT, TEXT)
def test_a_rows_hash_does_not_depend_on_other_rows(one: str, other: str, third: str) -> None:
    alone = identify(rows_of(a=[one], b=[other]), "p")
    among = identify(rows_of(a=[one, "\x1f", third], b=[other, "\x1b", one]), "p")
    assert alone.contents[0] == among.contents[0]
    assert alone.ids[0] == among.ids[0]


def test_content_is_features_only_whatever_the_order_of_columns() -> None:
    columns = Columns(target="y", id="i", split="s")
    one = identify(rows_of(columns, i=["1"], a=["u"], b=["v"], y=["yes"], s=["train"]), "p")
    other = identify(rows_of(columns, b=["v"], s=["test"], y=["no"], i=["2"], a=["u"]), "p")
    assert one.columns == other.columns == ("a", "b")
    assert one.contents == other.contents
    assert one.ids != other.ids


def test_content_over_bases_columns() -> None:
    before = rows_of(a=["u"], b=["v"])
    after = rows_of(a=["u"], b=["v"], new=["w"])
    assert identify(before, "p").contents == identify(after, "p", ["b", "a"]).contents
    assert identify(before, "p").contents != identify(after, "p").contents
    assert identify(rows_of(a=["u"]), "p", ["a", "b"]).contents == identify(rows_of(a=["u"], b=[None]), "p").contents


def test_without_an_id_each_copy_of_a_content_has_its_own() -> None:
    identity = identify(rows_of(Columns("y"), x=["a", "b", "a", "a"], y=["1", "2", "3", "4"]), "p")
    assert len(set(identity.ids.tolist())) == 4
    assert len(set(identity.contents.tolist())) == 2
    fewer = identify(rows_of(Columns("y"), x=["a", "a", "c"], y=["1", "2", "3"]), "p")
    assert set(fewer.ids[:2].tolist()) <= set(identity.ids.tolist())


def test_rows_without_id_or_group_are_their_own() -> None:
    identity = identify(
        rows_of(Columns(id="i", group="g"), i=["1", None, ""], g=[None, "", "x"], x=["a", "b", "c"]), "p"
    )
    assert identity.named.tolist() == [True, False, False]
    assert identity.groups is not None
    assert len(set(identity.ids.tolist())) == len(set(identity.groups.tolist())) == 3


def test_copies_of_an_id_are_counted_in_source_order() -> None:
    identity = identify(rows_of(Columns(id="i"), i=["1", "2", "1", "1"]), "p")
    assert identity.nth.tolist() == [0, 0, 1, 2]
    assert copies(np.array([5, 3, 5, 3, 9], dtype=np.uint64)).tolist() == [0, 0, 1, 1, 0]


def test_text_and_types_hash_alike(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {
            "i": [1, 2, None],
            "f": [1.5, 2.0, float("nan")],
            "b": [True, None, False],
            "t": [dt.date(2026, 1, 1), None, dt.date(2026, 12, 31)],
            "s": ["a", "", None],
            "c": pl.Series(["u", "v", None], dtype=pl.Categorical),
        }
    )
    frame.write_parquet(tmp_path / "t.parquet")
    frame.with_columns(pl.col("f").fill_nan(None)).write_csv(tmp_path / "t.csv")
    typed, text = (read(Source(tmp_path, (name,))) for name in ("t.parquet", "t.csv"))
    assert identify(typed, "p").contents.tolist() == identify(text, "p").contents.tolist()


def test_values_of_every_type_have_a_spelling() -> None:
    frame = pl.DataFrame(
        {
            "list": [[1], None, [2, 3]],
            "struct": [{"a": 1}, None, {"a": 2}],
            "bytes": [b"\x00", None, b"\xff"],
            "when": [dt.datetime(2026, 1, 1), None, dt.datetime(2026, 1, 1, 0, 0, 0, 1)],
            "long": [dt.timedelta(seconds=1), None, dt.timedelta(seconds=2)],
            "exact": pl.Series(["1.10", None, "2.00"]).cast(pl.Decimal(10, 2)),
        }
    )
    for name in frame.columns:
        texts = joined(frame, [name]).to_list()
        assert len(set(texts)) == 3
        assert texts[1] == ""


def test_ids_that_come_back_from_user_code_hash_as_they_were_read() -> None:
    identity = identify(rows_of(Columns(id="i"), i=["1", "x", "true"]), "p")
    assert id_hashes("p", [1, "x", True]).tolist() == identity.ids.tolist()
    assert id_hashes("p", [None, float("nan")]).tolist() == id_hashes("p", ["", ""]).tolist()


def test_mixing_keeps_apart_what_is_apart() -> None:
    hashes = np.arange(100_000, dtype=np.uint64)
    assert len(np.unique(mixed(hashes, "eval"))) == len(hashes)
    assert not np.array_equal(mixed(hashes, "eval"), mixed(hashes, "train"))
    spread = np.histogram(mixed(hashes, "eval") / 2.0**64, bins=10, range=(0, 1))[0]
    assert np.abs(spread - 10_000).max() < 500
