"""Reads the code of notebooks as if it were that of scripts."""

import json
import re
from collections.abc import Mapping
from typing import Any

from gatebot.discovery.code import Module, module
from gatebot.discovery.repository_files import RepositoryFiles

_OTHER_LANGUAGE = re.compile(r"\s*%%(?!time|capture)")
_NO_PYTHON = re.compile(r"^([ \t]*+)([%!].*|.*[^?]\?)$", re.MULTILINE)


def notebooks(files: RepositoryFiles, settings: Mapping[str, Any]) -> list[Module]:
    """Return the notebooks of a repository whose cells are Python, with what they import and run at once."""
    found = []
    for path in files.named("*.ipynb"):
        one = module(path, code_of(files.text(path)), settings)
        if one is not None:
            one.guarded = False
            found.append(one)
    return found


def code_of(text: str) -> str:
    """Return the code of a notebook without what only a notebook understands; empty if the text is no notebook."""
    try:
        cells = json.loads(text)["cells"]
        sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    return "\n".join(_NO_PYTHON.sub(r"\1pass", source) for source in sources if not _OTHER_LANGUAGE.match(source))
