import gzip
import io
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatebot.collect import delivered
from gatebot.collect.delivered import Delivered, RequestedRows
from gatebot.collect.program import Programs
from gatebot.config.document import TaskName
from gatebot.data.identity import id_hashes
from gatebot.evidence.column import Names, Numbers
from gatebot.sandbox import Isolation, probe

IDS = ("t1", "t2", "t3")
BY_ID = RequestedRows(id_hashes("p", IDS), IDS, "ticket")
BY_ORDER = RequestedRows(id_hashes("p", IDS))
CLASSES, NUMBERS, SCORES = TaskName.CLASSIFICATION, TaskName.REGRESSION, TaskName.SCORES

CSV = b"ticket,prediction,score_a,score_b\nt1,a,0.9,0.1\nt2,b,0.2,0.8\nt3,b,0,1\n"
FRAME = pl.read_csv(CSV)


PROGRAMS = Programs(probe(), Isolation.NONE, Path("/var/cache/environments/tests"))


@pytest.fixture(autouse=True, scope="module")
def _cache(shared_cache: Path) -> Iterator[None]:
    """Mirrors of interpreters are made once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(globals(), "PROGRAMS", Programs(probe(), Isolation.NONE, shared_cache))
        yield


def read(
    data: bytes, name: str, asked: RequestedRows, task: TaskName, project: str, *, by_order: bool = False
) -> Delivered:
    return delivered.read(data, name, asked, task, project, programs=PROGRAMS, by_order=by_order)


def parquet() -> bytes:
    file = io.BytesIO()
    FRAME.write_parquet(file)
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.csv", CSV),
        ("a.tsv", CSV.replace(b",", b"\t")),
        ("a.csv", CSV.replace(b",", b";")),
        ("a.csv", b"\xef\xbb\xbf" + CSV.replace(b"\n", b"\r\n")),
        ("a.csv", CSV.replace(b"ticket", b"id")),
        ("a.jsonl", FRAME.write_ndjson().encode()),
        ("a.csv", FRAME.write_ndjson().encode()),
        ("a.json", json.dumps(FRAME.to_dicts()).encode()),
        ("a.parquet", parquet()),
        ("a.csv", parquet()),
        ("a.csv.gz", gzip.compress(CSV)),
        ("a", CSV),
    ],
)
def test_every_format_says_the_same(name: str, data: bytes) -> None:
    found = read(data, name, BY_ID, CLASSES, "p")
    assert found.problem == ""
    assert np.array_equal(found.ids, BY_ID.hashes)
    prediction, score = found.columns["prediction"], found.columns["score_a"]
    assert isinstance(prediction, Names)
    assert isinstance(score, Numbers)
    assert prediction.texts() == ["a", "b", "b"]
    assert score.values.tolist() == [0.9, 0.2, 0.0]
    assert set(found.columns) == {"prediction", "score_a", "score_b"}


@pytest.mark.parametrize(
    ("asked", "delivered"),
    [
        (("007", "008", "012"), ("7", "8", "12")),
        (("7", "8", "12"), ("7.0", "8.0", "12.0")),
        (("true", "false", "x"), ("True", "False", "x")),
    ],
)
def test_ids_that_a_data_frame_spelled_anew_are_still_known(asked: tuple[str, ...], delivered: tuple[str, ...]) -> None:
    rows = RequestedRows(id_hashes("p", asked), asked, "id")
    data = "id,prediction\n" + "".join(f"{text},a\n" for text in delivered)
    assert read(data.encode(), "a.csv", rows, CLASSES, "p").ids.tolist() == rows.hashes.tolist()


def test_ids_that_could_be_either_are_nobodys() -> None:
    texts = ("7", "07")
    rows = RequestedRows(id_hashes("p", texts), texts, "id")
    found = read(b"id,prediction\n7.0,a\n07,b\n", "a.csv", rows, CLASSES, "p")
    assert found.ids.tolist() == [id_hashes("p", ["7.0"])[0], rows.hashes[1]]


def test_answers_may_come_in_any_order_and_say_who_they_are_for() -> None:
    found = read(b"ticket,prediction\nt3,a\nt1,b\n", "a.csv", BY_ID, CLASSES, "p")
    assert found.ids.tolist() == [BY_ID.hashes[2], BY_ID.hashes[0]]


def test_without_prediction_the_likeliest_class_is_it() -> None:
    found = read(b"score_1.0,score_0\n0.9,0.1\nnan,\n0.5,0.5\n", "a.csv", BY_ORDER, CLASSES, "p")
    assert set(found.columns) == {"prediction", "score_1", "score_0"}
    prediction = found.columns["prediction"]
    assert isinstance(prediction, Names)
    assert prediction.texts() == ["1", None, "1"]


def test_numbers_with_gaps_are_nan_and_words_are_names() -> None:
    gaps = read(b'prediction\n1.5\nNaN\n""\n', "a.csv", BY_ORDER, NUMBERS, "p")
    values = gaps.columns["prediction"]
    assert isinstance(values, Numbers)
    assert np.isnan(values.values).tolist() == [False, True, True]
    words = read(b"prediction\n1.5\nhigh\n2\n", "a.csv", BY_ORDER, NUMBERS, "p")
    assert isinstance(words.columns["prediction"], Names)


def test_several_scores_keep_their_columns() -> None:
    found = read(b"helpful,harmless,note\n1,0,a\n2,0,b\n3,1,c\n", "a.csv", BY_ORDER, SCORES, "p")
    assert set(found.columns) == {"helpful", "harmless"}


@pytest.mark.parametrize(
    ("data", "asked", "task", "problem"),
    [
        (b"", BY_ID, CLASSES, "empty"),
        (b" \n", BY_ID, CLASSES, "empty"),
        (b"ticket,prediction\n", BY_ID, CLASSES, "no rows"),
        (b"prediction\na\nb\nc\n", BY_ID, CLASSES, "no column `ticket` or `id`"),
        (b"prediction\na\nb\n", BY_ORDER, CLASSES, "2 predictions for 3 rows"),
        (b"answer\na\nb\nc\n", BY_ORDER, CLASSES, "no column `prediction`, only `answer`"),
        (b"score_1,score_1.0\n1,1\n1,1\n1,1\n", BY_ORDER, CLASSES, "mean one class"),
        (b"score_a\nhigh\nlow\nlow\n", BY_ORDER, CLASSES, "no `score_` column holds numbers"),
        (b"PAR1 but not really", BY_ORDER, CLASSES, "Parquet"),
        (b"\x1f\x8b junk", BY_ORDER, CLASSES, "unpacked"),
        (gzip.compress(CSV)[:-12], BY_ORDER, CLASSES, "cannot be unpacked"),
        (b"\xff\xfe\x00\xd8\x01\x00", BY_ORDER, CLASSES, "UTF-16"),
        (b"prediction\n" + b"a\n" * 5000, BY_ORDER, CLASSES, "more than 1006 rows"),
        (("," * 3000 + "\n").encode(), BY_ORDER, CLASSES, ""),
        (b"[[[[[[", BY_ORDER, CLASSES, "JSON"),
        (b"[" * 100_000, BY_ORDER, CLASSES, "JSON"),
    ],
)
def test_what_cannot_be_read_is_a_sentence(data: bytes, asked: RequestedRows, task: TaskName, problem: str) -> None:
    found = read(data, "a.csv", asked, task, "p")
    assert problem in found.problem
    assert found.problem
    assert (len(found.ids), dict(found.columns)) == (0, {})


def test_a_gzip_bomb_is_not_unpacked() -> None:
    bomb = gzip.compress(bytes(200 << 20))
    assert "more than" in read(bomb, "a.csv", BY_ORDER, CLASSES, "p").problem


@settings(max_examples=200)
@given(st.binary(max_size=400) | st.text(alphabet='a1,"\n;\t{}[]:.', max_size=200).map(str.encode))
def test_any_bytes_are_columns_or_a_problem(data: bytes) -> None:
    for asked in (BY_ID, BY_ORDER):
        for task in (CLASSES, NUMBERS, SCORES):
            found = read(data, "a.csv", asked, task, "p")
            assert bool(found.problem) != bool(found.columns)
            assert all(len(column) == len(found.ids) for column in found.columns.values())
