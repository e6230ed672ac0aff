"""Loads a module of the user by path, and calls its functions with what their parameters ask for."""

from __future__ import annotations

import importlib.util
import inspect
import sys
from pathlib import Path
from typing import Any

FIRST = {"train": ("rows",), "predict": ("model", "rows")}


def load(root: str, path: str) -> Any:
    """Load the module at `path` below `root`, under the name that the user's own imports and pickles use.

    Its folder and the root are added to the import path. A file inside a package keeps its full name.

    Raises:
        FileNotFoundError: there is no such file.
        ImportError: it is not a Python file.
    """
    file = (Path(root) / path).resolve()
    if not file.is_file():
        raise FileNotFoundError("no such file in the repository: " + path)
    folder, name = file.parent, file.stem
    while (folder / "__init__.py").is_file() and folder != Path(root).resolve():
        folder, name = folder.parent, folder.name + "." + name
    for place in (str(Path(root).resolve()), str(folder)):
        if place not in sys.path:
            sys.path.insert(0, place)
    if "." in name:
        return importlib.import_module(name)
    spec = importlib.util.spec_from_file_location(name, str(file))
    if spec is None or spec.loader is None:
        raise ImportError(path + " is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def call(module: Any, name: str, offered: dict[str, Any]) -> Any:
    """Call a function: what stands in `FIRST` goes to its first parameters, the rest by name.

    Raises:
        AttributeError: the module has no such function.
        TypeError: a required parameter is not offered, or one that it has to take has no place.
    """
    function = getattr(module, name, None)
    if function is None:
        raise AttributeError(f"{Path(module.__file__).name} has no function `{name}`")
    given, named = arguments(function, FIRST.get(name, ()), offered, name)
    return function(*given, **named)


def takes(module: Any, name: str, parameter: str) -> bool:
    """Whether a function of the module has a parameter of this name."""
    function = getattr(module, name, None)
    return function is not None and parameter in inspect.signature(function).parameters


def arguments(
    function: Any, first: tuple[str, ...], offered: dict[str, Any], name: str
) -> tuple[list[Any], dict[str, Any]]:
    """Return the positional and the named arguments for a function.

    A parameter with the name of something offered gets it. What of `first` is then left goes, in its order, to the
    first parameters of other names: to required ones before optional ones. `*args` takes what has no parameter;
    without it, `**kwargs` takes everything.

    Raises:
        TypeError: a required parameter is not offered, or something of `first` has no place.
    """
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except ValueError:  # some functions that are not written in Python
        return [offered[each] for each in first], {}
    plain = [p for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    values = {p.name: offered[p.name] for p in plain if p.name in offered}
    left = [each for each in first if each not in values]
    others = [p for p in plain if p.name not in values and not (p.kind == p.KEYWORD_ONLY and p.default is not p.empty)]
    for parameter in sorted(others, key=lambda p: p.default is not p.empty)[: len(left)]:
        values[parameter.name] = offered[left.pop(0)]
    unknown = [p.name for p in plain if p.default is p.empty and p.name not in values]
    if unknown:
        whole = ", ".join([*first, *(each for each in offered if each not in first)])
        raise TypeError("{}() asks for {}, but what it can ask for is {}".format(name, ", ".join(unknown), whole))
    kinds = {p.kind for p in parameters}
    if left and inspect.Parameter.VAR_POSITIONAL not in kinds:
        if inspect.Parameter.VAR_KEYWORD not in kinds:
            raise TypeError("{}() has no parameter for {}".format(name, ", ".join(left)))
        return [], {**offered, **values}
    return _placed(plain, values, [offered[each] for each in left])


def _placed(
    parameters: list[inspect.Parameter], values: dict[str, Any], more: list[Any]
) -> tuple[list[Any], dict[str, Any]]:
    """Return values as positional arguments where a parameter has no name to callers, or `more` values follow them."""
    by_place = [p for p in parameters if p.kind != p.KEYWORD_ONLY]
    if not more:
        by_place = [p for p in by_place if p.kind == p.POSITIONAL_ONLY]
    while by_place and not more and by_place[-1].name not in values:
        del by_place[-1]
    placed = {p.name for p in by_place}
    given = [values.get(p.name, p.default) for p in by_place] + more
    return given, {name: value for name, value in values.items() if name not in placed}
