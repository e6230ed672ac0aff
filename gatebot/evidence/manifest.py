"""Reads and writes Snapshot and Truth as JSON with separate arrays, and validates types and sizes."""

import json
from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from gatebot.evidence.column import MAX_TEXT, short
from gatebot.evidence.kind import Evidence
from gatebot.evidence.need import Need
from gatebot.evidence.packed import Incoming, Outgoing
from gatebot.evidence.registry import kind_of, need_of
from gatebot.evidence.snapshot import SCHEMA_VERSION, Snapshot, SnapshotError, SnapshotProvenance
from gatebot.evidence.truth import Truth

MAX_KEYS = 10_000  # the maximum pieces of evidence in one Snapshot
MAX_DEPTH = 12
MAX_CONTAINERS = 300_000  # an empty list takes two bytes of JSON but fifty bytes of memory
_MAX_INT = 2**63
_ADAPTERS: dict[Any, TypeAdapter[Any]] = {}  # built at first use, because each takes milliseconds

T = TypeVar("T")
S = TypeVar("S", bound=Evidence | Truth)


def written(snapshot: Snapshot, arrays: Outgoing) -> bytes:
    """Return the manifest of everything but the labels, and add its arrays to `arrays`.

    Texts of more than 1,000 characters are shortened; nothing else is changed.
    """
    evidence = {
        need.key: {"need": need.parameters, "value": _dumped(kind_of(need).value, value, arrays)}
        for need, value in _by_key(snapshot.evidence)
    }
    unmet = {need.key: {"need": need.parameters, "why": why} for need, why in _by_key(snapshot.unmet)}
    about = snapshot.about.model_dump(mode="json")
    return _document("snapshot", {"about": about, "evidence": evidence, "unmet": unmet})


def written_truth(truth: Truth, arrays: Outgoing) -> bytes:
    """Return the manifest of the labels, and add its arrays to `arrays`."""
    return _document("truth", _dumped(Truth, truth, arrays))


def snapshot_of(manifest: bytes, arrays: Incoming) -> Snapshot:
    """Return the Snapshot that a manifest describes.

    Raises:
        SnapshotError: the manifest is not valid, or has another schema version.
    """
    body = _body("snapshot", manifest)
    evidence, unmet = _mapping(body, "evidence"), _mapping(body, "unmet")
    if len(evidence) + len(unmet) > MAX_KEYS:
        raise SnapshotError(f"the Snapshot has more than {MAX_KEYS:,} pieces of evidence")
    return Snapshot(
        about=_loaded(SnapshotProvenance, body.get("about"), "about", arrays),
        evidence={
            need: _sound(_loaded(kind_of(need).value, value, need.key, arrays), need.key)
            for need, value in _entries(evidence, "value")
        },
        unmet={need: _loaded(str, why, need.key, arrays) for need, why in _entries(unmet, "why")},
    )


def truth_of(manifest: bytes, arrays: Incoming) -> Truth:
    """Return the labels that a manifest describes.

    Raises:
        SnapshotError: the manifest is not valid, or has another schema version.
    """
    return _sound(_loaded(Truth, _body("truth", manifest), "labels", arrays), "labels")


def digest_of(body: object) -> str:
    """Return the digest of JSON values, equal for equal values in equal order."""
    return blake2b(_text(body), digest_size=32).hexdigest()


def _adapter(kind: Any) -> TypeAdapter[Any]:
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]


def _dumped(kind: type[Evidence] | type[Truth], evidence: object, arrays: Outgoing) -> Any:
    if not isinstance(evidence, kind):
        raise SnapshotError(f"{type(evidence).__name__} is kept where {kind.__name__} belongs")
    try:
        return _adapter(kind).dump_python(evidence, mode="json", context=arrays, warnings="error")
    except ValueError as trouble:
        raise SnapshotError(f"{kind.__name__} cannot be stored: {trouble}") from trouble


def _loaded(kind: type[T], value: object, where: str, arrays: Incoming) -> T:
    try:
        found: T = _adapter(kind).validate_python(value, context=arrays)
    except ValidationError as trouble:
        errors = trouble.errors(include_url=False, include_input=False)
        first = next((error for error in errors if error["type"] != "missing"), errors[0])  # of a union, the near miss
        place = ".".join(str(part) for part in first["loc"])
        raise SnapshotError(f"{where} is not what it should be: {place[:200]}: {first['msg'][:200]}") from trouble
    return found


def _sound(evidence: S, where: str) -> S:
    for flaw in evidence.flaws():
        raise SnapshotError(f"{where}: {flaw[:500]}")
    return evidence


def _by_key(found: Mapping[Need, T]) -> list[tuple[Need, T]]:
    """Return needs with their values, sorted by key, so that equal Snapshots give equal bytes."""
    return sorted(found.items(), key=lambda each: each[0].key)


def _entries(found: dict[str, Any], name: str) -> Iterator[tuple[Need, object]]:
    """Yield each need of a part of the manifest, with its value under `name`."""
    for key, entry in found.items():
        if not isinstance(entry, dict) or entry.keys() != {"need", name}:
            raise SnapshotError(f"{key[:100]} does not consist of its need and its {name}")
        try:
            need = need_of(key, entry["need"])
        except ValueError as trouble:  # pydantic's errors are of this type
            raise SnapshotError(f"no evidence has the name {key[:100]!r}") from trouble
        yield need, entry[name]


def _document(what: str, body: Any) -> bytes:
    body = _shortened(body)
    return _text({"schema_version": SCHEMA_VERSION, "digest": digest_of(body), what: body})


def _text(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _body(what: str, manifest: bytes) -> dict[str, Any]:
    if manifest.count(b"[") + manifest.count(b"{") > MAX_CONTAINERS:
        raise SnapshotError(f"the manifest has more than {MAX_CONTAINERS:,} lists and mappings")
    try:
        whole = json.loads(manifest.decode(), object_pairs_hook=_without_repeats)
    except (ValueError, RecursionError) as trouble:
        raise SnapshotError(f"the manifest is not JSON that gatebot writes: {str(trouble)[:200]}") from trouble
    version = whole.get("schema_version") if isinstance(whole, dict) else None
    if version != SCHEMA_VERSION:
        raise SnapshotError(*_other_version(version))
    _refuse_excess(whole)
    body = whole.get(what)
    if not isinstance(body, dict):
        raise SnapshotError(f"the file does not hold a {what}")
    if whole.get("digest") != digest_of(body):
        raise SnapshotError("the manifest is damaged: its digest does not fit", "Collect the evidence again.")
    return body


def _other_version(version: object) -> tuple[str, str]:
    if not isinstance(version, int):
        return "the manifest names no schema version", "Collect the evidence again."
    if version > SCHEMA_VERSION:
        return f"the Snapshot has schema {version}, this gatebot reads {SCHEMA_VERSION}", "Use a newer gatebot."
    return f"the Snapshot has the older schema {version}, this gatebot reads {SCHEMA_VERSION}", "Collect it again."


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _refuse_excess(whole: object) -> None:
    """Check values level by level, so that deep nesting cannot exhaust the stack."""
    level: list[object] = [whole]
    for _ in range(MAX_DEPTH):
        for value in level:
            _refuse_value(value)
        level = [child for value in level for child in _children(value)]
        if not level:
            return
    raise SnapshotError(f"the manifest is nested more than {MAX_DEPTH} deep")


def _refuse_value(value: object) -> None:
    if isinstance(value, str) and value != short(value):
        raise SnapshotError(f"the manifest holds a text that is not UTF-8 or has more than {MAX_TEXT:,} characters")
    if isinstance(value, int) and abs(value) >= _MAX_INT:
        raise SnapshotError("the manifest holds a number of more than 64 bits")


def _children(value: object) -> Iterable[object]:
    match value:
        case dict():
            return [*value.keys(), *value.values()]
        case list():
            return value
        case _:
            return ()


def _shortened(value: Any) -> Any:
    match value:
        case str():
            return short(value)
        case dict():
            return {short(str(key)): _shortened(child) for key, child in value.items()}
        case list() | tuple():
            return [_shortened(child) for child in value]
        case _:
            return value


def _mapping(body: dict[str, Any], name: str) -> dict[str, Any]:
    found = body.get(name)
    if not isinstance(found, dict):
        raise SnapshotError(f"the Snapshot has no {name}")
    return found
