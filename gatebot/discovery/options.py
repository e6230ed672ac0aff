"""Interprets options, variables and positional arguments of commands: data, model, seed or predictions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gatebot.discovery.code import Option

_TRAIN = {
    "{train}": (
        "train",
        "data",
        "input",
        "in",
        "csv",
        "dataset",
        "infile",
        "rows",
        "training-data",
        "train-data",
        "trainset",
    ),
    "{model}": ("model", "out", "output", "save", "artifact", "outfile", "export", "weights"),
    "{seed}": ("seed", "random-state", "random-seed"),
}
_FOLDERS = ("-dir", "-folder", "-directory", "dir", "-root")
_PREDICT = {
    "{model}": ("model", "artifact", "checkpoint", "weights"),
    "{rows}": ("rows", "in", "input", "data", "csv", "test", "infile", "features", "dataset", "test-data"),
    "{predictions}": ("predictions", "preds", "prediction", "out", "output", "outfile", "save"),
    "{seed}": ("seed",),
}
_ENDINGS = ("-path", "-file", "-csv", "-out", "-name", "-dir", "-folder", "-directory", "-output", "-input")


@dataclass(frozen=True, slots=True)
class Meant:
    """Options with their meanings, in order."""

    places: tuple[tuple[Option, str], ...]

    def has(self, *values: str) -> bool:
        """Return whether each of these values has an option."""
        return set(values) <= {value for _, value in self.places}

    @property
    def words(self) -> tuple[str, ...]:
        """The options as words of a command line."""
        listed: list[str] = []
        for option, value in self.places:
            listed += [option.flag, value] if option.flag else [value]
        return tuple(listed)


def train_options(options: Sequence[Option], target: str) -> Meant | None:
    """Return the meaning of a train command's options, or None if a required one is unknown."""
    return _meant(
        options,
        _TRAIN,
        dict.fromkeys(("target", "label", "target-column", "target-col", "label-column", "label-col"), target),
    )


def predict_options(options: Sequence[Option], target: str) -> Meant | None:
    """Return the meaning of a predict command's options, or None if a required one is unknown."""
    return _meant(options, _PREDICT, {"target": target, "target-column": target})


def train_variables(names: Iterable[str], target: str) -> Meant | None:
    """Return the meaning of the make variables that a train target uses."""
    return train_options([Option(name.lower().replace("_", "-"), name, required=False) for name in names], target)


def predict_variables(names: Iterable[str], target: str) -> Meant | None:
    """Return the meaning of the make variables that a predict target uses."""
    return predict_options([Option(name.lower().replace("_", "-"), name, required=False) for name in names], target)


def _meant(options: Sequence[Option], meanings: Mapping[str, Sequence[str]], fixed: Mapping[str, str]) -> Meant | None:
    places: dict[str, tuple[Option, str]] = {}
    taken: set[str] = set()
    for option in options:
        if option.name in fixed:
            places[option.name] = (option, fixed[option.name])
    for value, names in meanings.items():
        best = min(
            (option for option in options if _rank(option, names) is not None and not _is_kind(option, value)),
            key=lambda option: _rank(option, names) or 0,
            default=None,
        )
        if best is not None and best.name not in taken:
            taken.add(best.name)
            is_folder = value == "{model}" and best.name.endswith(_FOLDERS)
            places[best.name] = (best, "{model_folder}" if is_folder else value)
    if any(option.required and option.name not in places for option in options):
        return None
    return Meant(tuple(places[option.name] for option in options if option.name in places))


def _is_kind(option: Option, value: str) -> bool:
    """Return whether an option names a kind of model, as `--model forest` does, and no file."""
    is_word = option.default.isidentifier() and option.default not in ("model", "models")
    return value == "{model}" and option.name == "model" and is_word


def _rank(option: Option, names: Sequence[str]) -> int | None:
    """Return the position of an option's name in a list, or None if it is not in the list."""
    plain = option.name
    for ending in _ENDINGS:
        plain = plain.removesuffix(ending) or plain
    return names.index(plain) if plain in names else None
