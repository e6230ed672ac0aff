"""Lists the user's environment: interpreter, distributions and system libraries."""

from __future__ import annotations

import platform
from typing import Any


def taken() -> dict[str, Any]:
    """Return facts about the interpreter and the versions of all distributions."""
    facts: dict[str, Any] = {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "system": platform.system(),
        "libc": " ".join(platform.libc_ver()).strip(),
        "blas": _blas(),
    }
    return {"facts": facts, "distributions": _distributions()}


def _blas() -> str:
    """Return the BLAS library of numpy; empty if it is unknown."""
    try:
        import numpy as np

        blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
        return "{} {}".format(blas["name"], blas.get("version", "")).strip()
    except Exception:  # another version of numpy, or none
        return ""


def _distributions() -> dict[str, str]:
    from importlib import metadata

    found: dict[str, str] = {}
    for distribution in metadata.distributions():
        name = distribution.metadata["Name"]
        if name:
            found.setdefault(name.lower().replace("_", "-"), str(distribution.version))
    return found
