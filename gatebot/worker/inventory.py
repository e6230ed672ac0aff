"""What the user's environment consists of: interpreter, distributions, and the libraries below them."""

from __future__ import annotations

import platform
import sys
from typing import Any


def taken() -> dict[str, Any]:
    """Interpreter and distributions with versions; nothing is imported for it."""
    facts: dict[str, Any] = {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "system": platform.system(),
        "libc": " ".join(platform.libc_ver()).strip(),
        "prefix": sys.prefix,
    }
    return {"facts": facts, "distributions": _distributions()}


def _distributions() -> dict[str, str]:
    from importlib import metadata

    found: dict[str, str] = {}
    for distribution in metadata.distributions():
        name = distribution.metadata["Name"]
        if name:
            found.setdefault(name.lower().replace("_", "-"), str(distribution.version))
    return found
