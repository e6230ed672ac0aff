"""Loads a module of the user by path, and calls its functions by the names of their parameters."""

from __future__ import annotations

import importlib.util
import inspect
import sys
from pathlib import Path
from typing import Any


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
    """Call a function with the offered arguments that its signature names."""
    function = getattr(module, name, None)
    if function is None:
        raise AttributeError(f"{Path(module.__file__).name} has no function `{name}`")
    return function(**chosen(function, offered, name))


def takes(module: Any, name: str, parameter: str) -> bool:
    """Whether a function of the module has a parameter of this name."""
    function = getattr(module, name, None)
    return function is not None and parameter in inspect.signature(function).parameters


def chosen(function: Any, offered: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the offered arguments that a function's signature names.

    Raises:
        TypeError: a required parameter is not offered.
    """
    parameters = inspect.signature(function).parameters.values()
    named = [p for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    unknown = [p.name for p in named if p.default is p.empty and p.name not in offered]
    if unknown:
        raise TypeError(
            "{}() asks for {}, but what it can ask for is {}".format(name, ", ".join(unknown), ", ".join(offered))
        )
    return {p.name: offered[p.name] for p in named if p.name in offered}
