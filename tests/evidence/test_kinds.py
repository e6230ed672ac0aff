"""Holds every kind of evidence to the contract: stored whole, read with distrust, known by one key."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import FrozenInstanceError, fields
from functools import cache
from typing import Any

import pytest

from gatebot.evidence import store
from gatebot.evidence.bundle import LIMITS, Bundle, pack
from gatebot.evidence.intake import parse
from gatebot.evidence.kind import Evidence, UnmetError
from gatebot.evidence.manifest import digest_of
from gatebot.evidence.need import Need, Side, Tier, with_prerequisites
from gatebot.evidence.registry import all_kinds, kind_of, need_of
from gatebot.evidence.snapshot import Snapshot, SnapshotError
from tests.evidence.evidence import ABOUT, same
from tests.evidence.examples import EXAMPLES

KINDS = all_kinds()
HOSTILE: tuple[Any, ...] = (
    *(None, True, -1, 1e308, "nan", "", "../../etc/passwd", "::error::x", "\ud800", "x" * 2000),
    *([], {}, {"of": "eval"}, [[[]]], 2**70, -(2**63), "0" * 40),
)

MANY = 2000
"""Lists and mappings that a manifest may hold in these tests; in earnest it is 300,000."""

every_kind = pytest.mark.parametrize("name", KINDS)


def _example(name: str) -> tuple[Need, Evidence]:
    assert name in EXAMPLES, f"add an example of `{name}` to tests/evidence/examples.py"
    return EXAMPLES[name]


def test_every_kind_has_an_example_and_only_real_kinds_do() -> None:
    assert [_example(name) for name in KINDS]
    assert set(EXAMPLES) == set(KINDS)


@every_kind
def test_a_kind_is_its_folder(name: str) -> None:
    kind, (need, value) = KINDS[name], _example(name)
    assert kind.name == name == kind.need.__module__.split(".")[-2] == kind.value.__module__.split(".")[-2]
    assert type(need) is kind.need
    assert type(value) is kind.value
    assert kind_of(need) is kind


@every_kind
def test_needs_and_values_are_frozen(name: str) -> None:
    for each in _example(name):
        with pytest.raises(FrozenInstanceError):
            setattr(each, fields(each)[0].name, None)  # type: ignore[arg-type]


@every_kind
def test_a_need_says_what_it_is_what_it_costs_and_what_comes_first(name: str) -> None:
    need = _example(name)[0]
    assert need.text.strip() == need.text != ""
    assert need.label
    assert need.cost(lambda _: None) == 0
    assert 0 <= need.cost(lambda _: 10.0) < 1000
    assert all(each.kind in KINDS for each in with_prerequisites(need))
    assert len(list(with_prerequisites(need))) < 20
    assert need.on(Side.BASE).side in Side
    assert need.at(Tier.CONFIRM).at(Tier.SMOKE) == need.at(Tier.SMOKE)


@every_kind
def test_evidence_is_read_as_it_was_written(name: str) -> None:
    need, value = _example(name)
    written = store.packed(Snapshot(ABOUT, {need: value}, {need.on(Side.BASE): "not reached"}))
    found = parse(written)
    assert found.evidence.keys() == {need.on(Side.HEAD)}
    assert same(found.evidence[need.on(Side.HEAD)], value)
    assert store.packed(found) == written


def test_keys_are_the_same_in_another_process() -> None:
    code = "from tests.evidence.examples import EXAMPLES; print(*(need.key for need, _ in EXAMPLES.values()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [need.key for need, _ in EXAMPLES.values()]


@every_kind
def test_a_key_is_the_kind_and_a_digest_and_fits_one_need_only(name: str) -> None:
    need = _example(name)[0]
    assert need.key.rpartition("-")[0] == name
    assert need_of(need.key, need.parameters) == need.on(Side.HEAD)
    others = [other for other_name, (other, _) in EXAMPLES.items() if other_name != name]
    for other in others:
        with pytest.raises(ValueError, match=r"."):
            need_of(need.key, other.parameters or {"more": 1})


@every_kind
@pytest.mark.parametrize("values", [HOSTILE[::6], pytest.param(HOSTILE, marks=pytest.mark.whole)], ids=["few", "all"])
def test_hostile_values_are_refused_or_harmless(name: str, values: tuple[Any, ...]) -> None:
    need, body = _stored(name)
    for path in list(_paths(body["evidence"][need.key])):
        for hostile in values:
            need, body = _stored(name)
            _put(body["evidence"][need.key], path, hostile)
            _survives(name, body)


@every_kind
def test_missing_values_are_refused_or_harmless(name: str) -> None:
    need, body = _stored(name)
    for path in list(_paths(body["evidence"][need.key])):
        need, body = _stored(name)
        _remove(body["evidence"][need.key], path)
        _survives(name, body)


@every_kind
def test_huge_values_are_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gatebot.evidence.manifest.MAX_CONTAINERS", MANY)
    need, body = _stored(name)
    grown = 0
    for path in list(_paths(body["evidence"][need.key])):
        need, body = _stored(name)
        value = _at(body["evidence"][need.key], path)
        if isinstance(value, list | dict):
            _put(body["evidence"][need.key], path, [{}] * (MANY + 1) if isinstance(value, list) else _many())
            with pytest.raises(SnapshotError):
                _parsed(name, body)
            grown += 1
    assert grown


@every_kind
def test_what_cannot_be_collected_is_unmet_and_nothing_else(name: str) -> None:
    need = _example(name)[0]
    with pytest.raises(UnmetError, match="nothing here"):
        KINDS[name].collect(need, Nothing())


class Nothing:
    """A session that cannot do anything."""

    def __getattr__(self, name: str) -> Any:
        def refuse(*_: object, **__: object) -> None:
            raise UnmetError("nothing here")

        return refuse


def _many() -> dict[str, Any]:
    return {str(number): {} for number in range(MANY + 1)}


@cache
def _written(name: str) -> tuple[bytes, dict[str, bytes]]:
    """The manifest and the arrays of an example."""
    need, value = _example(name)
    bundle = Bundle(store.packed(Snapshot(ABOUT, {need: value})), LIMITS)
    return bundle.manifest(), {each: bundle.array(each) for each in bundle.names}


def _stored(name: str) -> tuple[Need, dict[str, Any]]:
    body: dict[str, Any] = json.loads(_written(name)[0])["snapshot"]
    return _example(name)[0], body


def _parsed(name: str, body: dict[str, Any]) -> Snapshot:
    manifest, arrays = _written(name)
    return parse(
        pack(json.dumps(json.loads(manifest) | {"snapshot": body, "digest": digest_of(body)}).encode(), arrays)
    )


def _survives(name: str, body: dict[str, Any]) -> None:
    """A body is refused, or what it describes can be stored again."""
    try:
        found = _parsed(name, body)
    except (SnapshotError, UnicodeEncodeError):  # half a character cannot even be written
        return
    store.packed(found)


def _paths(value: Any, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if at:
        yield at
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in pairs:
        yield from _paths(child, (*at, key))


def _at(value: Any, path: tuple[str | int, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


def _put(value: Any, path: tuple[str | int, ...], new: object) -> None:
    _at(value, path[:-1])[path[-1]] = new


def _remove(value: Any, path: tuple[str | int, ...]) -> None:
    del _at(value, path[:-1])[path[-1]]
