"""Any bytes are a Snapshot or a SnapshotError: nothing else is raised, nothing is warned of, nothing grows."""

import io
import json
import os
import tracemalloc
import zipfile
from collections.abc import Callable
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gatebot.evidence import store
from gatebot.evidence.bundle import Limits
from gatebot.evidence.column import Names, Numbers
from gatebot.evidence.effects import Effects, Ending
from gatebot.evidence.intake import parse, parse_truth, read, read_truth, read_whole
from gatebot.evidence.manifest import digest_of
from gatebot.evidence.need import Need, Side
from gatebot.evidence.packed import npy
from gatebot.evidence.predictions import Predict, Predictions
from gatebot.evidence.profile import DataProfile, Levels, Profile, RowTable, Trait
from gatebot.evidence.snapshot import Snapshot, SnapshotError
from gatebot.evidence.training import Fit, Training
from gatebot.evidence.truth import Truth
from tests.evidence.evidence import ABOUT

IDS = np.arange(5, dtype=np.uint64)
FIT = Fit(Side.HEAD)
LABELS = Names(np.array([0, 1, -1, 1, 0], dtype=np.int32), ("no", "yes"))
LEVELS = (Levels("channel", Trait.VALUE, LABELS),)
VALID = store.packed(
    Snapshot(
        ABOUT,
        {
            FIT: Training(Effects(Ending.OK, 0, 1.5, log_tail=("epoch 1",)), 2000, "rows"),
            Predict(FIT): Predictions(
                Effects(Ending.OK), IDS, {"prediction": LABELS, "score_yes": Numbers(np.linspace(0, 1, 5))}
            ),
            Profile(Side.HEAD): DataProfile(
                9, 4, (), ("text",), RowTable(IDS, IDS * 7, None, IDS * 0, {"c": LABELS}, LEVELS)
            ),
        },
        {Fit(Side.HEAD, seed=1): "budget"},
    )
)
VALID_TRUTH = store.packed_truth(Truth(IDS, LABELS))


def _survives(data: bytes) -> None:
    for parse_bytes in (parse, parse_truth):
        with suppress(SnapshotError):
            assert isinstance(parse_bytes(data), Snapshot | Truth)


@given(st.binary(max_size=2000))
@example(b"")
@example(b"PK\x05\x06" + bytes(18))
@settings(max_examples=200, deadline=None)
def test_arbitrary_bytes(data: bytes) -> None:
    _survives(data)
    _survives(data + VALID[-22:])


@given(st.integers(0, len(VALID) - 1))
@settings(max_examples=150, deadline=None)
def test_a_cut_off_file_is_refused(size: int) -> None:
    with pytest.raises(SnapshotError):
        parse(VALID[:size])


@given(st.lists(st.tuples(st.integers(0, len(VALID) - 1), st.integers(0, 255)), min_size=1, max_size=8))
@settings(max_examples=400, deadline=None)
def test_a_file_with_changed_bytes(changes: list[tuple[int, int]]) -> None:
    data = bytearray(VALID)
    for place, byte in changes:
        data[place] = byte
    _survives(bytes(data))


@given(st.integers(0, len(VALID) - 30), st.integers(0, 30), st.binary(max_size=40))
@settings(max_examples=200, deadline=None)
def test_a_file_with_bytes_cut_out_and_put_in(place: int, cut: int, new: bytes) -> None:
    _survives(VALID[:place] + new + VALID[place + cut :])


def _members(data: bytes = VALID) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def _zipped(members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data, compression)
    return out.getvalue()


def _with_body(change: Callable[[dict[str, Any]], object], data: bytes = VALID) -> bytes:
    """A file whose manifest says something else, and whose digest is right again."""
    members = _members(data)
    whole = json.loads(members["manifest.json"])
    what = "snapshot" if "snapshot" in whole else "truth"
    change(whole[what])
    with suppress(UnicodeEncodeError):
        whole["digest"] = digest_of(whole[what])
    members["manifest.json"] = json.dumps(whole, ensure_ascii=True).encode()
    return _zipped(members)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(sorted(_members())),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, child in pairs for place in _places(child, (*path, key)))]


PLACES = [place for place in _places(json.loads(_members()["manifest.json"])["snapshot"]) if place]


@pytest.mark.whole
@given(st.sampled_from(PLACES), JSON)
@settings(max_examples=400, deadline=None)
def test_any_value_in_any_place_of_the_manifest(place: tuple[Any, ...], value: object) -> None:
    def change(body: Any) -> None:
        for key in place[:-1]:
            body = body[key]
        body[place[-1]] = value

    _survives(_with_body(change))


@given(st.sampled_from(PLACES))
@settings(max_examples=100, deadline=None)
def test_any_value_left_out_of_the_manifest(place: tuple[Any, ...]) -> None:
    def change(body: Any) -> None:
        for key in place[:-1]:
            body = body[key]
        del body[place[-1]]

    _survives(_with_body(change))


def _value(body: dict[str, Any], need: Need) -> Any:
    return body["evidence"][need.key]["value"]


def _array(body: dict[str, Any], column: str) -> Any:
    return _value(body, Predict(FIT))["columns"][column]


def _need(body: dict[str, Any], need: Need) -> Any:
    return body["evidence"][need.key]["need"]


def _renamed(body: dict[str, Any], need: Need, key: str) -> None:
    body["evidence"][key] = body["evidence"].pop(need.key)


def _levels(body: dict[str, Any]) -> Any:
    return _value(body, Profile(Side.HEAD))["eval_rows"]["levels"]


def _nested(depth: int) -> Any:
    value: Any = 0
    for _ in range(depth):
        value = [value]
    return value


HOSTILE_BODIES: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "a kind that there is not": (lambda body: _renamed(body, FIT, "fit-../../etc"), "no evidence has the name"),
    "a need under another key": (lambda body: _renamed(body, FIT, "training-" + "0" * 20), "no evidence has the name"),
    "a need that is spelled differently": (lambda body: _need(body, FIT).update(seed="0"), "no evidence has the name"),
    "a need with more in it": (lambda body: _need(body, FIT).update(token="x"), "no evidence has the name"),
    "a need beyond its bounds": (lambda body: _need(body, FIT).update(seed=10**9), "no evidence has the name"),
    "a need that is a list": (lambda body: body["evidence"][FIT.key].update(need=[]), "no evidence has the name"),
    "evidence without its need": (lambda body: body["evidence"][FIT.key].pop("need"), "its need and its value"),
    "a reason without its need": (lambda body: body["unmet"].update({FIT.key: "why"}), "its need and its why"),
    "too many keys": (
        lambda body: body["unmet"].update({str(number): "" for number in range(10_001)}),
        "more than 10,000 pieces",
    ),
    "evidence of another kind": (
        lambda body: body["evidence"][FIT.key].update(value=_value(body, Predict(FIT))),
        "is not what it should be",
    ),
    "a code without a label": (lambda body: _array(body, "prediction").update(names=["no"]), "code without a label"),
    "a label twice": (lambda body: _array(body, "prediction").update(names=["no", "no"]), "a label twice"),
    "a long label": (lambda body: _array(body, "prediction").update(names=["no", "x" * 1001]), "more than 1,000"),
    "half a character": (lambda body: _array(body, "prediction").update(names=["no", "\ud800"]), "not UTF-8"),
    "codes for scores": (
        lambda body: _array(body, "score_yes").update(values=_array(body, "prediction")["codes"]),
        "where float64 is meant",
    ),
    "an array that is not there": (lambda body: _array(body, "score_yes").update(values="0" * 40), "missing"),
    "a path for an array": (lambda body: _array(body, "score_yes").update(values="../x"), "not a name"),
    "ids for rows that repeat": (
        lambda body: _value(body, Profile(Side.HEAD))["eval_rows"].update(
            ids=_value(body, Profile(Side.HEAD))["eval_rows"]["folds"]
        ),
        "stands twice",
    ),
    "too many columns in levels": (
        lambda body: _value(body, Profile(Side.HEAD))["eval_rows"].update(levels=_levels(body) * 201),
        "more than 200 columns",
    ),
    "a column in too many levels": (
        lambda body: _levels(body)[0]["values"].update(names=[str(k) for k in range(65)]),
        "more than 64",
    ),
    "a level without a name": (lambda body: _levels(body)[0]["values"].update(names=["no"]), "code without a label"),
    "an unknown trait": (lambda body: _levels(body)[0].update(trait="name of somebody"), "is not what it should be"),
    "time below zero": (lambda body: _value(body, FIT)["effects"].update(seconds=-1), "not finite and at"),
    "a long log": (
        lambda body: _value(body, FIT)["effects"].update(log_tail=["x"] * 2001),
        "more than 2,000 lines",
    ),
    "a huge number": (lambda body: _value(body, FIT).update(rows=10**40), "64 bits"),
    "deep nesting": (lambda body: body.update(more=_nested(200)), "nested more than"),
    "no about": (lambda body: body.pop("about"), "about is not"),
    "something unknown about": (lambda body: body["about"].update(token="x"), "about is not"),
    "no evidence": (lambda body: body.pop("evidence"), "no evidence"),
}


@pytest.mark.parametrize(("change", "says"), HOSTILE_BODIES.values(), ids=HOSTILE_BODIES)
def test_a_hostile_manifest_is_refused(change: Callable[[dict[str, Any]], object], says: str) -> None:
    with pytest.raises(SnapshotError, match=says):
        parse(_with_body(change))


def test_labels_must_agree_in_length() -> None:
    def change(truth: dict[str, Any]) -> None:
        truth["weight"] = {"values": truth["ids"]}

    with pytest.raises(SnapshotError, match="where float64 is meant"):
        parse_truth(_with_body(change, VALID_TRUTH))


MANIFESTS = {
    "nothing": (b"", "not JSON"),
    "not UTF-8": (b'{"schema_version": 3, "x": "\xff"}', "not JSON"),
    "a key twice": (b'{"schema_version": 3, "schema_version": 3}', "a key stands twice"),
    "very deep": (b"[" * 100_000, "not JSON"),
    "a number of 10,000 digits": (b'{"schema_version": ' + b"1" * 10_000 + b"}", "not JSON"),
    "a million lists": (b"[" + b"[]," * 1_000_000 + b"[]]", "more than 300,000 lists"),
    "a list": (b"[]", "no schema version"),
    "an older version": (b'{"schema_version": 1}', "older schema 1"),
    "a newer version": (b'{"schema_version": 99}', "schema 99"),
    "a digest that does not fit": (b'{"schema_version": 3, "digest": "", "snapshot": {}}', "digest does not fit"),
    "labels": (_members(VALID_TRUTH)["manifest.json"], "does not hold a snapshot"),
}


@pytest.mark.parametrize(("manifest", "says"), MANIFESTS.values(), ids=MANIFESTS)
def test_a_manifest_that_is_none_is_refused(manifest: bytes, says: str) -> None:
    with pytest.raises(SnapshotError, match=says):
        parse(_zipped({"manifest.json": manifest}))


def _saved(array: np.ndarray[Any, Any], **options: Any) -> bytes:
    out = io.BytesIO()
    np.save(out, array, **options)
    return out.getvalue()


def _head(text: bytes) -> bytes:
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


FIVE = npy(np.linspace(0, 1, 5))
HOSTILE_ARRAYS = {
    "nothing": b"",
    "half": FIVE[:-1],
    "more": FIVE + b"\0" * 8,
    "pickled objects": _saved(np.array([{}, print], dtype=object), allow_pickle=True),
    "two dimensions": _saved(np.zeros((5, 1))),
    "complex numbers": _saved(np.zeros(5, dtype=complex)),
    "texts": _saved(np.array(["a"] * 5)),
    "big-endian": _saved(np.zeros(5, dtype=">f8")),
    "a terabyte": _head(b"{'descr': '<f8', 'fortran_order': False, 'shape': (125000000000,), }\n"),
    "a length below zero": _head(b"{'descr': '<f8', 'fortran_order': False, 'shape': (-5,), }\n"),
    "a header to evaluate": _head(b"__import__('os').system('true')\n"),
    "a nested header": _head(b"(" * 9000),
    "a Python 2 header": _head(b"{'descr': '<f8', 'fortran_order': False, 'shape': (5L,), }\n") + bytes(40),
    "version 3": FIVE[:6] + b"\x03\x00" + FIVE[8:],
}


@pytest.mark.parametrize("array", HOSTILE_ARRAYS.values(), ids=HOSTILE_ARRAYS)
def test_a_hostile_array_is_refused(array: bytes) -> None:
    name = blake2b(array, digest_size=20).hexdigest()

    def change(body: dict[str, Any]) -> None:
        _array(body, "score_yes").update(values=name)

    members = _members(_with_body(change))
    with pytest.raises(SnapshotError):
        parse(_zipped(members | {f"{name}.npy": array}))


def test_an_array_under_another_ones_name_is_refused() -> None:
    members = _members()
    name = next(name for name in members if name.endswith(".npy"))
    with pytest.raises(SnapshotError, match="damaged"):
        parse(_zipped(members | {name: FIVE}))


def test_what_nothing_refers_to_is_refused() -> None:
    with pytest.raises(SnapshotError, match="no evidence refers to"):
        parse(_zipped(_members() | {"0" * 40 + ".npy": FIVE}))


@pytest.mark.parametrize("name", ["../evil", "/etc/passwd", "model.pkl", "snapshot.json"])
def test_a_strange_member_is_refused(name: str) -> None:
    with pytest.raises(SnapshotError, match="a name that gatebot does not write"):
        parse(_zipped(_members() | {name: b""}))


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_another_compression_is_refused(compression: int) -> None:
    with pytest.raises(SnapshotError, match="packed in a way"):
        parse(_zipped(_members(), compression))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_twice_is_refused() -> None:
    out = io.BytesIO(VALID)
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("manifest.json", b"{}")
    with pytest.raises(SnapshotError, match="one name"):
        parse(out.getvalue())


def _lying(data: bytes, says: int) -> bytes:
    """The same file, whose only member says that it unpacks to `says` bytes."""
    place = data.rindex(b"PK\x01\x02") + 24
    return data[:place] + says.to_bytes(4, "little") + data[place + 4 :]


BOMBS = {
    "honest": _zipped({"manifest.json": b" " * 15_000_000 + b"{}", "0" * 40 + ".npy": bytes(200_000_000)}),
    "lying": _lying(_zipped({"manifest.json": bytes(200_000_000)}), 10),
    "a long directory": b"PK\x01\x02" * 1_000_000
    + b"PK\x05\x06"
    + bytes(4)
    + b"\xff" * 4
    + (4_000_000).to_bytes(4, "little")
    + bytes(6),
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_a_bomb_takes_no_memory(bomb: bytes) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(SnapshotError):
            parse(bomb)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


LIMITS = {
    "file": (Limits(file=100), "more than 100 bytes"),
    "manifest": (Limits(manifest=100), "manifest has more than 100 bytes"),
    "members": (Limits(members=2), "more than 2 members"),
    "arrays": (Limits(arrays=100), "arrays take more than 100 bytes"),
}


@pytest.mark.parametrize(("limits", "says"), LIMITS.values(), ids=LIMITS)
def test_a_limit_is_kept(limits: Limits, says: str) -> None:
    with pytest.raises(SnapshotError, match=says):
        parse(VALID, limits)


def _file(folder: Path) -> Path:
    (folder / "snapshot").mkdir()
    path = folder / "snapshot" / "snapshot.zip"
    path.write_bytes(VALID)
    return path


def _link_the_file(folder: Path) -> None:
    path = _file(folder)
    path.rename(folder / "elsewhere")
    path.symlink_to(folder / "elsewhere")


def _link_the_folder(folder: Path) -> None:
    _file(folder)
    (folder / "snapshot").rename(folder / "elsewhere")
    (folder / "snapshot").symlink_to(folder / "elsewhere")


def _make_a_pipe(folder: Path) -> None:
    _file(folder).unlink()
    os.mkfifo(folder / "snapshot" / "snapshot.zip")


def _make_a_folder(folder: Path) -> None:
    _file(folder).unlink()
    (folder / "snapshot" / "snapshot.zip").mkdir()


FOLDERS: dict[str, tuple[Callable[[Path], object], str]] = {
    "nothing there": (lambda _: None, "does not exist"),
    "an empty folder": (lambda folder: (folder / "snapshot").mkdir(), "does not exist"),
    "a file for a folder": (lambda folder: (folder / "snapshot").write_text(""), "cannot be read"),
    "a linked file": (_link_the_file, "cannot be read"),
    "a linked folder": (_link_the_folder, "must be a real folder"),
    "a pipe": (_make_a_pipe, "plain"),
    "a folder for a file": (_make_a_folder, "plain|cannot be read"),
    "something beside": (lambda folder: _file(folder).with_name("model.pkl").write_text(""), "alone"),
}


@pytest.mark.parametrize(("prepare", "says"), FOLDERS.values(), ids=FOLDERS)
def test_a_folder_that_is_not_ours_is_refused(prepare: Callable[[Path], object], says: str, tmp_path: Path) -> None:
    prepare(tmp_path)
    with pytest.raises(SnapshotError, match=says):
        read(tmp_path)
    with pytest.raises(SnapshotError):
        read_truth(tmp_path)


def test_labels_that_cannot_be_read_are_not_no_labels(tmp_path: Path) -> None:
    _file(tmp_path)
    (tmp_path / "labels").mkdir()
    with pytest.raises(SnapshotError, match=r"truth\.zip does not exist"):
        read_whole(tmp_path)


def test_arrays_that_evidence_shares_cannot_be_changed() -> None:
    found = parse(VALID).get(Profile(Side.HEAD), DataProfile)
    assert found is not None
    with pytest.raises(ValueError, match="read-only"):
        found.eval_rows.ids[0] = 1
