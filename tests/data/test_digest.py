"""Digests tell one version of the data from another."""

from pathlib import Path

import polars as pl
import pytest

from gatebot.data.digest import bytes_digest, data_version, frame_digest, version_digests
from gatebot.data.source import Source
from gatebot.errors import UsageError


def test_files_that_stand_for_data(tmp_path: Path) -> None:
    (tmp_path / "data.dvc").write_text("md5: 1")
    (tmp_path / "more.dvc").write_text("md5: 2")
    source = Source(tmp_path)
    assert version_digests(source, ()) == {}
    assert version_digests(source, ("*.dvc",)) == {
        "data.dvc": bytes_digest(b"md5: 1"),
        "more.dvc": bytes_digest(b"md5: 2"),
    }
    with pytest.raises(UsageError, match="does not exist"):
        version_digests(source, ("gone.dvc",))


def test_the_version_is_of_names_and_digests_in_any_order() -> None:
    assert data_version({"a": "1", "b": "2"}) == data_version({"b": "2", "a": "1"})
    assert data_version({"a": "1", "b": "2"}) != data_version({"a": "2", "b": "1"})


def test_a_table_is_its_names_and_values() -> None:
    frame = pl.DataFrame({"a": [1, 2], "b": ["x", None]})
    assert frame_digest(frame) == frame_digest(frame.clone())
    assert frame_digest(frame) != frame_digest(frame.rename({"a": "c"}))
    assert frame_digest(frame) != frame_digest(frame.reverse())
