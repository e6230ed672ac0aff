"""Needs: what a check asks for. A need is a value, and determines the key under which its evidence is stored."""

import json
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from enum import StrEnum
from functools import cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self, get_type_hints

from pydantic import Field, TypeAdapter

Count = Annotated[int, Field(ge=0, lt=10_000)]
"""An index or a small number in a need."""
Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
"""A name or a path inside the repository: one line of text, without control characters."""


class Side(StrEnum):
    """One of the two commits that are compared."""

    BASE = "base"
    HEAD = "head"


class Tier(StrEnum):
    """The effort of a training: `smoke` for every pull request, `confirm` for measures that look worse there."""

    SMOKE = "smoke"
    CONFIRM = "confirm"


PastSeconds = Callable[["Need"], float | None]
"""Returns how many seconds a need, or one that costs as much, took on the slower side; None if none was carried out."""


class Need:
    """One piece of evidence. Subclasses are frozen dataclasses, one for each kind of evidence.

    The side is a field named `side`, or the side of the need that the evidence is made from.
    """

    __slots__ = ()

    kind: ClassVar[str]
    """The name of the kind, which is the name of its folder."""
    optional: ClassVar[bool] = False
    """Whether a repository may do without it, so that a check that lacks it leaves no gap."""
    alone: ClassVar[bool] = False
    """Whether it must be collected while nothing else runs, because it measures the machine's time."""

    if TYPE_CHECKING:  # a real property would become the default of the dataclass field

        @property
        def side(self) -> Side:
            """The side whose Snapshot stores the evidence."""

    @property
    def prerequisites(self) -> "tuple[Need, ...]":
        """The needs whose evidence this one is made from."""
        return ()

    @property
    def text(self) -> str:
        """The kind of evidence in words, for people: `predictions of eval rows`."""
        raise NotImplementedError

    @property
    def label(self) -> str:
        """This one piece of evidence in words; by default the same as `text`."""
        return self.text

    def cost(self, past: PastSeconds) -> float:
        """Return the estimated seconds, without those of the prerequisites; 0 if nothing is known."""
        return 0.0

    def on(self, side: Side) -> Self:
        """Return the same need of another side."""
        return self.with_field("side", side)

    def at(self, tier: Tier) -> Self:
        """Return the same need of a training of another tier."""
        return self.with_field("tier", tier)

    @property
    def typical(self) -> Self:
        """The need that stands for all that cost as much: the same one of the first seed and fold, of head."""
        return self.with_field("seed", 0).with_field("fold", 0).on(Side.HEAD)

    @property
    def key(self) -> str:
        """The name of the evidence inside a Snapshot. It omits the side, because a Snapshot has only one."""
        return _key(self)

    @property
    def parameters(self) -> dict[str, Any]:
        """The need as JSON values, without the side; equal needs have equal parameters."""
        adapter = _adapter_of(type(self))
        plain = adapter.validate_python(adapter.dump_python(self, mode="json"))  # 4 and 4.0 are equal: spell them alike
        return _without_side(adapter.dump_python(plain, mode="json"))

    @classmethod
    def of(cls, parameters: object) -> Self:
        """Return head's need with these parameters; the inverse of `parameters`.

        Raises:
            ValueError: they are not the parameters of such a need, or are spelled in another way than gatebot's.
        """
        need = _adapter_of(cls).validate_python(_with_side(cls, parameters))
        if _canonical(need.parameters) != _canonical(parameters):
            raise ValueError(f"a need of the kind {cls.kind} is spelled differently")
        return need  # type: ignore[no-any-return]

    def with_field(self, name: str, value: object) -> Self:
        """Return the need with a field replaced, also in the needs that it is made from."""
        changed: dict[str, Any] = {}
        for field in fields(self):  # type: ignore[arg-type]
            known = getattr(self, field.name)
            if field.name == name:
                changed[name] = value
            elif isinstance(known, Need):
                changed[field.name] = known.with_field(name, value)
        return replace(self, **changed) if changed else self  # type: ignore[type-var]


def with_prerequisites(need: Need) -> Iterator[Need]:
    """Yield the prerequisites of a need, in order, followed by the need."""
    for each in need.prerequisites:
        yield from with_prerequisites(each)
    yield need


@cache
def _key(need: Any) -> str:
    return f"{need.kind}-{blake2b(_canonical(need.parameters), digest_size=10).hexdigest()}"


def _canonical(values: object) -> bytes:
    return json.dumps(values, separators=(",", ":"), sort_keys=True).encode()


_ADAPTERS: dict[type[Need], TypeAdapter[Any]] = {}


def _adapter_of(kind: type[Need]) -> TypeAdapter[Any]:
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]


def _inner(kind: type[Need]) -> dict[str, type[Need]]:
    """Return the fields that hold a need."""
    hints = get_type_hints(kind)
    return {f.name: hints[f.name] for f in fields(kind) if _is_need(hints[f.name])}  # type: ignore[arg-type]


def _is_need(hint: object) -> bool:
    return isinstance(hint, type) and issubclass(hint, Need)


def _without_side(values: dict[str, Any]) -> dict[str, Any]:
    found = {name: value for name, value in values.items() if name != "side"}
    return {name: _without_side(value) if isinstance(value, dict) else value for name, value in found.items()}


def _with_side(kind: type[Need], parameters: object) -> object:
    if not isinstance(parameters, dict):
        raise ValueError(f"a need of the kind {kind.kind} is not a mapping")
    inner = {name: _with_side(each, parameters.get(name)) for name, each in _inner(kind).items()}
    has_side = any(field.name == "side" for field in fields(kind))  # type: ignore[arg-type]
    return {**parameters, **inner, **({"side": Side.HEAD} if has_side else {})}
