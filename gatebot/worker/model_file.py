"""Saves and loads a model with the user's `save` and `load`, or as a pickle that is only opened in the worker."""

from __future__ import annotations

import importlib
import os
from typing import Any

USER = "user"
PICKLERS = ("joblib", "pickle", "cloudpickle")  # cloudpickle also saves lambdas; pickle can load its files


class NotLoadableError(Exception):
    """A pickled model cannot be loaded in another process."""


def save(module: Any, model: Any, path: str) -> tuple[Any, str]:
    """Save a model; return the method used, None if none works, and the reason for the failure."""
    if hasattr(module, "save") and hasattr(module, "load"):
        module.save(model, path)
        return USER, ""
    why = ""
    for name in PICKLERS:
        try:
            pickler = importlib.import_module(name)
        except ImportError:
            continue
        try:
            if name == "joblib":
                pickler.dump(model, path)
            else:
                with open(path, "wb") as file:  # noqa: PTH123
                    pickler.dump(model, file)
        except Exception as error:
            why = f"{type(error).__name__}: {error}"
        else:
            return name, ""
    if os.path.exists(path):  # noqa: PTH110
        os.remove(path)  # noqa: PTH107
    return None, why


def load(module: Any, path: str, saved: str) -> Any:
    """Load the model that `save` wrote.

    Raises:
        NotLoadableError: the model was pickled and cannot be loaded. The user's own `load` may raise anything.
    """
    if saved == USER:
        return module.load(path)
    try:
        if saved == "joblib":
            return importlib.import_module("joblib").load(path)
        with open(path, "rb") as file:  # noqa: PTH123
            return importlib.import_module("pickle").load(file)
    except Exception as error:
        raise NotLoadableError(f"{type(error).__name__}: {error}") from error
