"""Identifies rows by keyed 64-bit hashes of their id, content and group.

Values are hashed as text. A typed value (Parquet) is written as a CSV writer would write it: `7`, `1.5`, `1.0`,
`true`, ISO 8601 times. Null, an empty text and NaN are the same. A row therefore keeps its hashes when the data moves
between formats, as long as the text file uses this spelling (`1.50` or `True` in a CSV file is a different text).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np

from gatebot.data.rows import Mask, Rows
from gatebot.evidence.column import Hashes

if TYPE_CHECKING:
    import polars as pl

_SEPARATOR, _ESCAPE = "\x1f", "\x1b"


@dataclass(frozen=True, slots=True, eq=False)
class Identity:
    """Hashes of every row that was read, each of shape [n].

    Attributes:
        ids: hash of the declared id; without one, of the content and the number of the copy in source order.
        contents: hash of the values of `columns`.
        groups: hash of the group; None if no group column is declared. A row without a group is its own group.
        columns: columns that make up the content, sorted.
        named: True if the row has an id; all True without a declared id column.
        nth: number of rows with the same id before the row, in source order.
    """

    ids: Hashes
    contents: Hashes
    groups: Hashes | None
    columns: tuple[str, ...]
    named: Mask
    nth: Hashes


def identify(rows: Rows, project: str, columns: Sequence[str] | None = None) -> Identity:
    """Hash every row.

    Args:
        rows: the rows that were read.
        project: key of the hashes, so that the hashes of two projects differ.
        columns: columns that make up the content; base's, to compare with base. A missing column counts as empty.
            Default: every column except the target, the id and the split column.
    """
    parts = rows.columns
    if columns is None:
        columns = [name for name in rows.frame.columns if name not in (parts.target, parts.id, parts.split)]
    identity = tuple(sorted(columns))
    contents = keyed(project, "content", joined(rows.frame, identity))
    named = np.ones(len(rows), dtype=bool)
    if parts.id is None:
        ids = mixed(contents, "copy", copies(contents))
    else:
        texts = spelled(rows.frame, parts.id)
        named = (texts != "").to_numpy()
        ids = keyed(project, "id", texts)
        ids[~named] = mixed(contents, "unnamed", copies(contents))[~named]
    groups = None
    if parts.group is not None:
        texts = spelled(rows.frame, parts.group)
        groups = keyed(project, "group", texts)
        alone = (texts == "").to_numpy()
        groups[alone] = mixed(ids, "alone")[alone]
    return Identity(ids, contents, groups, identity, named, copies(ids))


def id_hashes(project: str, ids: Iterable[object]) -> Hashes:
    """Return the hashes of ids that user code returned, equal to `Identity.ids` if an id column is declared."""
    import polars as pl

    return keyed(project, "id", pl.Series([_text(value) for value in ids], dtype=pl.String))


def _text(value: object) -> str:
    if isinstance(value, bool | np.bool_):
        return str(value).lower()
    return "" if value is None or value != value else str(value)  # noqa: PLR0124 NaN alone differs from itself


def keyed(project: str, kind: str, texts: "pl.Series") -> Hashes:
    """Return a keyed 64-bit BLAKE2b hash (RFC 7693) of each text, shape [n]."""
    key = blake2b(project.encode(), digest_size=32).digest()
    ready = blake2b(digest_size=8, key=key, person=kind.encode())
    digests = []
    for text in texts.to_list():
        hasher = ready.copy()
        hasher.update(text.encode())
        digests.append(hasher.digest())
    return np.frombuffer(b"".join(digests), dtype="<u8").astype(np.uint64)


def mixed(hashes: Hashes, purpose: str, number: Hashes | int = 0) -> Hashes:
    """Return new hashes for another purpose, derived by splitmix64 (Steele, Lea and Flood 2014), shape [n]."""
    salt = np.uint64(int.from_bytes(blake2b(purpose.encode(), digest_size=8).digest(), "little"))
    with np.errstate(over="ignore"):
        z = (hashes ^ salt) + np.uint64(0x9E3779B97F4A7C15) * (np.asarray(number, dtype=np.uint64) + np.uint64(1))
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixture: Hashes = z ^ (z >> np.uint64(31))
    return mixture


def copies(hashes: Hashes) -> Hashes:
    """Return the number of equal hashes before each one, shape [n]."""
    order = np.argsort(hashes, kind="stable")
    ordered = hashes[order]
    place = np.arange(len(hashes))
    starts = np.ones(len(hashes), dtype=bool)
    starts[1:] = ordered[1:] != ordered[:-1]
    before = np.empty(len(hashes), dtype=np.uint64)
    before[order] = place - np.maximum.accumulate(np.where(starts, place, 0))
    return before


def joined(frame: "pl.DataFrame", names: Sequence[str]) -> "pl.Series":
    """Return the values of some columns as one text per row; different values give different texts."""
    import polars as pl

    if not names:
        return pl.repeat("", frame.height, dtype=pl.String, eager=True)
    known = frame.schema
    empty = pl.repeat("", frame.height, dtype=pl.String)
    texts = [_spelling(name, known[name]) if name in known else empty for name in names]
    rows = _concatenated(frame, texts)
    marks = rows.str.count_matches(_SEPARATOR, literal=True)
    if (marks == len(names) - 1).all() and not rows.str.contains(_ESCAPE, literal=True).any():
        return rows
    return _concatenated(frame, [_escaped(text) for text in texts])


def _concatenated(frame: "pl.DataFrame", texts: "Sequence[pl.Expr]") -> "pl.Series":
    import polars as pl

    return frame.select(pl.concat_str(texts, separator=_SEPARATOR).alias("")).to_series()


def _escaped(text: "pl.Expr") -> "pl.Expr":
    escaped = text.str.replace_all(_ESCAPE, _ESCAPE + "e", literal=True)
    return escaped.str.replace_all(_SEPARATOR, _ESCAPE + "s", literal=True)


def spelled(frame: "pl.DataFrame", name: str) -> "pl.Series":
    """Return a column as text, as a CSV writer writes it; missing values are empty texts."""
    values = frame.get_column(name)
    return values.to_frame().select(_spelling(name, values.dtype)).to_series()


def spelled_frame(frame: "pl.DataFrame") -> "pl.DataFrame":
    """Return every column as text, as `spelled` does."""
    return frame.select(_spelling(name, kind).alias(name) for name, kind in frame.schema.items())


def _spelling(name: str, dtype: "pl.DataType") -> "pl.Expr":
    """Return the expression that spells a column of this type."""
    import polars as pl

    values = pl.col(name)
    match dtype:
        case pl.String:
            texts = values
        case pl.Float32 | pl.Float64:
            texts = values.fill_nan(None).cast(pl.String)
        case pl.Binary:
            texts = values.bin.encode("hex")
        case _ if dtype.is_nested() or dtype == pl.Object:
            texts = pl.when(values.is_not_null()).then(pl.struct(name).struct.json_encode())
        case _ if dtype.is_temporal():
            texts = values.dt.to_string("iso")
        case _:
            texts = values.cast(pl.String)
    return texts.fill_null("")
