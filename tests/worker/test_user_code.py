import sys
from collections.abc import Iterator
from functools import partial
from inspect import signature
from pathlib import Path
from typing import Any

import pytest

from gatebot.worker import user_code


@pytest.fixture(autouse=True)
def imports_as_before() -> Iterator[None]:
    path, modules = list(sys.path), set(sys.modules)
    yield
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        del sys.modules[name]


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def test_a_file_finds_its_neighbours_and_the_root(tmp_path: Path) -> None:
    write(tmp_path, {"src/pipe_a.py": "import beside_a, top_a\n", "src/beside_a.py": "", "top_a.py": ""})
    assert user_code.load(str(tmp_path), "src/pipe_a.py").__name__ == "pipe_a"


def test_a_file_in_a_package_keeps_its_full_name(tmp_path: Path) -> None:
    write(tmp_path, {"pkg_a/__init__.py": "", "pkg_a/pipe.py": "from .other import X\n", "pkg_a/other.py": "X = 3\n"})
    module = user_code.load(str(tmp_path), "pkg_a/pipe.py")
    assert (module.__name__, module.X) == ("pkg_a.pipe", 3)


def test_a_file_called_like_the_standard_librarys_is_the_users(tmp_path: Path) -> None:
    write(tmp_path, {"antigravity.py": "MINE = True\n"})
    assert user_code.load(str(tmp_path), "antigravity.py").MINE


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"pipe_b\.py"):
        user_code.load(str(tmp_path), "pipe_b.py")


class Estimator:
    """A model in the shape that scikit-learn has made usual."""

    def fit(self, table: Any, seed: int = 0) -> Any:
        return "fit", table, seed

    def predict(self, table: Any) -> Any:
        return "predict", table


class Trainer:
    """An object that is called."""

    def __init__(self, *given: Any) -> None:
        self.given = given

    def __call__(self, table: Any, *, seed: int) -> Any:
        return table, seed


def gives(*values: Any, **named: Any) -> Any:
    """What reached the function."""
    return (*values, *sorted(named.items()))


OFFERED = {"rows": "r", "seed": 1, "out": "o", "device": "cuda"}
ALL = tuple(sorted(OFFERED.items()))
TRAINS: dict[str, tuple[Any, Any]] = {
    "our names": (lambda rows, seed: (rows, seed), ("r", 1)),
    "another name": (lambda df, seed: (df, seed), ("r", 1)),
    "another name, last": (lambda seed, df: (seed, df), (1, "r")),
    "an optional first one": (lambda df=None, seed=0, epochs=3: (df, seed, epochs), ("r", 1, 3)),
    "options of their own": (lambda df, epochs=3, *, rate=0.1, seed: (df, epochs, rate, seed), ("r", 3, 0.1, 1)),
    "positional only": (lambda df, epochs=3, seed=0, /: (df, epochs, seed), ("r", 3, 1)),
    "positional only, with options": (lambda df, epochs=3, /: (df, epochs), ("r", 3)),
    "keyword only": (lambda *, df, device="cpu": (df, device), ("r", "cuda")),
    "any values": (lambda *args: args, ("r",)),
    "any values and an option": (lambda *args, seed, rate=0.1: (*args, seed, rate), ("r", 1, 0.1)),
    "a seed, then any values": (lambda seed, *args: (seed, *args), (1, "r")),
    "any names": (gives, ("r",)),
    "any names, and no values": (lambda **kwargs: tuple(sorted(kwargs.items())), ALL),
    "ours and any names": (lambda rows, *, device="cpu", **others: (rows, device, others), ("r", "cuda", {})),
    "a part of a function": (partial(lambda epochs, df, seed: (epochs, df, seed), 3), (3, "r", 1)),
    "a part, by name": (partial(lambda df, epochs, seed=0: (df, epochs, seed), epochs=3), ("r", 3, 1)),
    "a method": (Estimator().fit, ("fit", "r", 1)),
    "an object": (Trainer(), ("r", 1)),
}
PREDICTS: dict[str, tuple[Any, Any]] = {
    "our names": (lambda model, rows: (model, rows), ("m", "r")),
    "our names, turned": (lambda rows, model: (rows, model), ("r", "m")),
    "other names": (lambda clf, df: (clf, df), ("m", "r")),
    "one of ours": (lambda df, model: (df, model), ("r", "m")),
    "one of ours, first": (lambda model, texts, out: (model, texts, out), ("m", "r", "o")),
    "positional only": (lambda clf, df, /: (clf, df), ("m", "r")),
    "any values": (lambda *args: args, ("m", "r")),
    "a model, then any values": (lambda clf, *args: (clf, *args), ("m", "r")),
    "a class's method": (Estimator.predict, ("predict", "r")),
}


@pytest.mark.parametrize("name", TRAINS)
def test_rows_are_trains_first_argument(name: str) -> None:
    function, gets = TRAINS[name]
    given, named = user_code.arguments(function, user_code.FIRST["train"], OFFERED, "train")
    assert function(*given, **named) == gets


@pytest.mark.parametrize("name", PREDICTS)
def test_model_and_rows_are_predicts_first_arguments(name: str) -> None:
    function, gets = PREDICTS[name]
    given, named = user_code.arguments(function, user_code.FIRST["predict"], {"model": "m", **OFFERED}, "predict")
    assert function(*given, **named) == gets


def test_a_class_is_called_like_a_function(tmp_path: Path) -> None:
    code = """
class train:
    def __init__(self, table, *, seed):
        self.table, self.seed = table, seed
predict = lambda clf, table: (clf.table, table)
"""
    write(tmp_path, {"pipe_c.py": code})
    module = user_code.load(str(tmp_path), "pipe_c.py")
    model = user_code.call(module, "train", OFFERED)
    assert (model.table, model.seed) == ("r", 1)
    assert user_code.call(module, "predict", {"model": model, "rows": "asked"}) == ("r", "asked")


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("train(features, labels)", r"train\(\) asks for labels, but what it can ask for is rows, seed"),
        ("train(df, *, epochs)", r"train\(\) asks for epochs"),
        ("train()", r"train\(\) has no parameter for rows"),
        ("train(seed, *, epochs=3)", r"train\(\) has no parameter for rows"),
        ("predict(seed)", r"predict\(\) has no parameter for model, rows"),
    ],
)
def test_what_cannot_be_called_is_told(written: str, says: str, tmp_path: Path) -> None:
    write(tmp_path, {"pipe_d.py": f"def {written}:\n    return 1\n"})
    module, name = user_code.load(str(tmp_path), "pipe_d.py"), written.partition("(")[0]
    with pytest.raises(TypeError, match=says):
        user_code.call(module, name, {**OFFERED, **({"model": "m"} if name == "predict" else {})})


def test_what_has_no_signature_is_given_what_comes_first() -> None:
    with pytest.raises(ValueError, match="signature"):
        signature(min)
    assert user_code.arguments(min, ("rows",), OFFERED, "train") == (["r"], {})
