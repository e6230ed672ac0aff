"""Columns of evidence: numbers, or labels as codes. Equal labels such as `1`, `1.0` and `"1"` get one spelling."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from gatebot.evidence.packed import Kind, Packed

Floats = Annotated[NDArray[np.float64], Packed(Kind.FLOATS)]
Codes = Annotated[NDArray[np.int32], Packed(Kind.CODES)]
Hashes = Annotated[NDArray[np.uint64], Packed(Kind.HASHES)]

MISSING = -1
MAX_TEXT = 1000  # the maximum length of a label, name or line


@dataclass(frozen=True, slots=True, eq=False)
class Names:
    """A column of labels: row i has `names[codes[i]]`, or no label if its code is -1."""

    codes: Codes
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.codes)

    def take(self, index: NDArray[np.intp]) -> "Names":
        """Return the rows at `index`, in that order."""
        return Names(self.codes[index], self.names)

    def texts(self) -> list[str | None]:
        """Return the labels as text."""
        return [self.names[code] if code >= 0 else None for code in self.codes.tolist()]

    def recoded(self, names: Sequence[str]) -> Codes:
        """Return the codes for another list of names, with -1 for labels that it does not contain."""
        place = {name: code for code, name in enumerate(names)}
        if tuple(names) == self.names and len(place) == len(names):
            return self.codes.copy()
        table = np.array([place.get(name, MISSING) for name in self.names] + [MISSING], dtype=np.int32)
        return table[self.codes]


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """A column of numbers, with NaN for missing ones."""

    values: Floats

    def __len__(self) -> int:
        return len(self.values)

    def take(self, index: NDArray[np.intp]) -> "Numbers":
        """Return the rows at `index`, in that order."""
        return Numbers(self.values[index])


Column = Names | Numbers


def short(text: str) -> str:
    """Return a text that can be stored: valid UTF-8 of at most 1,000 characters, with a digest in place of the rest."""
    if not text.isascii():
        text = text.encode(errors="replace").decode()
    if len(text) <= MAX_TEXT:
        return text
    return f"{text[: MAX_TEXT - 21]}…{blake2b(text.encode(), digest_size=10).hexdigest()}"


def label(value: object) -> str | None:
    """Return the canonical spelling of a class label, or None for a missing label.

    Whole numbers lose their fraction (`1.0` becomes `1`) and truth values their capitals, because CSV files and data
    frames change the type of labels. The word `none` is a label like any other.
    """
    if value is None:
        return None
    text = short(str(value).strip())
    if text.lower() in {"", "nan", "<na>"}:
        return None
    if text.lower() in {"true", "false"}:
        return text.lower()
    if text[-1].isdigit() or text[-1] == ".":
        try:
            number = float(text)
        except ValueError:
            return text
        if number.is_integer() and abs(number) < 2**53:
            return str(int(number))
    return text


def names_of(values: Sequence[object]) -> Names:
    """Return a column of labels from raw values; names are sorted."""
    spelled: dict[object, str | None] = {}
    texts = []
    for value in values:
        key = (type(value), value)
        if key not in spelled:
            spelled[key] = label(value)
        texts.append(spelled[key])
    names = tuple(sorted({text for text in texts if text is not None}))
    place: dict[str | None, int] = {name: code for code, name in enumerate(names)} | {None: MISSING}
    return Names(np.array([place[text] for text in texts], dtype=np.int32), names)


def equal(one: Column, other: Column) -> bool:
    """Return whether two columns hold the same values, byte for byte."""
    match one, other:
        case Numbers(), Numbers():
            return one.values.tobytes() == other.values.tobytes()
        case Names(), Names():
            return len(one) == len(other) and bool(np.array_equal(one.codes, other.recoded(one.names)))
        case _:
            return False


def concatenated(parts: Sequence[Column]) -> Column:
    """Concatenate columns, either all of labels or all of numbers.

    Raises:
        TypeError: some parts are numbers and others labels.
    """
    numbers = [part.values for part in parts if isinstance(part, Numbers)]
    labels = [part for part in parts if isinstance(part, Names)]
    if len(numbers) == len(parts):
        return Numbers(np.concatenate(numbers))
    if len(labels) != len(parts):
        raise TypeError("a column holds numbers in one part and labels in another")
    names = tuple(sorted({name for part in labels for name in part.names}))
    return Names(np.concatenate([part.recoded(names) for part in labels]), names)
