"""The ways in which a repository can be trained and asked, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gatebot.discovery.code import Function


@dataclass(frozen=True, slots=True)
class Native:
    """A file that has `train(rows, …)` and `predict(model, rows, …)` already."""

    path: str


@dataclass(frozen=True, slots=True)
class Commands:
    """Two commands that take paths: contract (b) as it is."""

    train: str
    predict: str
    where: str


@dataclass(frozen=True, slots=True)
class Functions:
    """Functions of other names or parameters, called by an adapter.

    Attributes:
        module: to import.
        folder: that makes it importable, relative to the configuration.
        train, predict: what is called; `predict` is None where the model itself is asked.
        values: for each, the parameter -> the expression that it is given.
        keeps: names of what `train` returns, where that is more than the model.
        saved: the model is loaded from where `train` has saved it.
    """

    module: str
    folder: str
    train: Function
    values: Mapping[str, str]
    predict: Function | None = None
    asked: Mapping[str, str] = field(default_factory=dict)
    predict_module: str = ""
    keeps: tuple[str, ...] = ()
    saved: str = ""


@dataclass(frozen=True, slots=True)
class Builder:
    """A function or object that is an unfitted model: it is fitted by an adapter."""

    module: str
    folder: str
    name: str
    values: Mapping[str, str]
    is_object: bool = False


@dataclass(frozen=True, slots=True)
class Script:
    """Commands that read their data at fixed paths, or at paths that they are given; run by an adapter.

    Attributes:
        commands: each as words; `{train}`, `{model}` and `{seed}` stand for values.
        tables: where train rows are put before they run.
        model: the file that they leave.
        ask: a command that predicts, with `{rows}`, `{model}`, `{predictions}`; empty: the model itself is asked.
        dummies: the model knows one-hot columns that `pandas.get_dummies` made.
        encodes: the target is numbered in the order of its sorted labels.
    """

    commands: tuple[tuple[str, ...], ...]
    tables: tuple[str, ...]
    model: str
    ask: tuple[str, ...] = ()
    dummies: bool = False
    encodes: bool = False


@dataclass(frozen=True, slots=True)
class PredictionScript:
    """A script that trains, reads rows without target at a fixed path and leaves its answers in a file."""

    command: tuple[str, ...]
    train: str
    asked: str
    answers: str


Way = Native | Commands | Functions | Builder | Script | PredictionScript
