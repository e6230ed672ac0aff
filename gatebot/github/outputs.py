"""Communication with the Actions runner: outputs, job summary, log commands and inputs, safe against injection."""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TextIO

from gatebot.errors import UsageError
from gatebot.github.comment_section import cut

MAX_SUMMARY = 2**20  # bytes; the runner drops a larger summary completely
PER_STEP = 10  # annotations of one level that GitHub shows


class Level(StrEnum):
    """Log commands that become annotations."""

    NOTICE = "notice"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Place:
    """The location of an annotation in the repository."""

    file: str
    line: int | None = None


def in_actions(environ: Mapping[str, str]) -> bool:
    """Whether this process is a step of a GitHub Actions job."""
    return environ.get("GITHUB_ACTIONS") == "true"


def action_input(environ: Mapping[str, str], name: str, default: str = "") -> str:
    """Return an input of the action. The runner upper-cases its name, replaces spaces by `_` and keeps hyphens."""
    return environ.get(f"INPUT_{name.replace(' ', '_').upper()}", "").strip() or default


def write_outputs(environ: Mapping[str, str], values: Mapping[str, str]) -> bool:
    """Set the outputs of this step; return False if the runner provides no file for them.

    Raises:
        UsageError: The runner's file cannot be written.
    """
    block = "".join(_assignment(name, value) for name, value in values.items())
    return _append(environ, "GITHUB_OUTPUT", block)


def write_summary(environ: Mapping[str, str], markdown: str) -> bool:
    """Append to the summary of this step, cut to the runner's limit; return False if the runner provides no file.

    Raises:
        UsageError: The runner's file cannot be written.
    """
    path = environ.get("GITHUB_STEP_SUMMARY", "")
    there = Path(path).stat().st_size if path and Path(path).is_file() else 0
    return _append(environ, "GITHUB_STEP_SUMMARY", fitted(markdown, MAX_SUMMARY - there))


def fitted(markdown: str, most_bytes: int) -> str:
    """Cut a text to the first lines that fit into a number of UTF-8 bytes, and close all that they open."""
    whole = markdown.encode("utf-8", "replace").decode()
    text, limit = whole.rstrip("\n") + "\n", len(whole)
    while (size := len(text.encode())) > most_bytes:
        if limit <= 0:
            return ""
        limit = min(limit * most_bytes // size, limit * 99 // 100)
        text = cut(whole, limit) + "\n"
    return text


def command(level: Level, message: str, *, title: str = "", place: Place | None = None) -> str:
    """Return a log command that creates an annotation; it is one line, even if the message has several."""
    properties = {"file": place.file if place else "", "line": str(place.line) if place and place.line else ""}
    properties["title"] = title
    listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items() if value)
    return f"::{level}{f' {listed}' if listed else ''}::{_data(message)}"


def mask(secret: str) -> str:
    """Return log commands that mask a secret in all later output."""
    return "\n".join(f"::add-mask::{_data(line)}" for line in secret.splitlines() if line.strip())


@contextmanager
def commands_stopped(log: TextIO) -> Iterator[None]:
    """Disable log commands while the block runs, so that output of user code cannot control the runner.

    The token that ends this mode cannot be guessed. Code that can read the log while it is written could repeat the
    token, so user code must not be able to read the log.
    """
    token = secrets.token_hex(32)
    log.write(f"\n::stop-commands::{token}\n")
    log.flush()
    try:
        yield
    finally:
        log.write(f"\n::{token}::\n")
        log.flush()


def _assignment(name: str, value: str) -> str:
    if not name.replace("-", "_").isidentifier():
        raise ValueError(f"not an output's name: {name!r}")
    delimiter = f"gatebot_{secrets.token_hex(16)}"
    whole = value.encode("utf-8", "replace").decode()
    return f"{name}<<{delimiter}\n{whole}\n{delimiter}\n"


def _append(environ: Mapping[str, str], variable: str, text: str) -> bool:
    path = environ.get(variable, "")
    if not path:
        return False
    try:
        with Path(path).open("a", encoding="utf-8", newline="") as file:
            file.write(text)
    except OSError as error:
        raise UsageError(f"{variable} cannot be written: {error}") from None
    return True


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
