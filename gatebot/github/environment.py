"""Reads and validates the environment variables and the event payload of an Actions job."""

import json
from collections.abc import Mapping
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from gatebot.errors import UsageError

MAX_PAYLOAD = 32 * 2**20  # GitHub caps webhook payloads at 25 MB


def variable(environ: Mapping[str, str], name: str) -> str:
    """Return the value of a required variable.

    Raises:
        UsageError: The variable is missing or empty.
    """
    value = environ.get(name, "")
    if not value:
        raise UsageError(f"{name} is not set", "This command reads the environment of a GitHub Actions job.")
    return value


def number(environ: Mapping[str, str], name: str, default: int = 0) -> int:
    """Return the value of a variable as a positive number; without a default it is required.

    Raises:
        UsageError: The value is not a positive number.
    """
    text = environ.get(name, "") or str(default or "")
    if not (text.isascii() and text.isdigit() and 0 < len(text) < 19 and int(text)):
        raise UsageError(f"{name} is not a positive number: {text[:40]!r}")
    return int(text)


def checked(environ: Mapping[str, str], name: str, form: TypeAdapter[str]) -> str:
    """Return the value of a required variable that must have this form.

    Raises:
        UsageError: The variable is missing or malformed.
    """
    value = variable(environ, name)
    try:
        return form.validate_python(value)
    except ValidationError:
        raise UsageError(f"{name} is malformed: {value[:80]!r}") from None


def payload_at(path: Path) -> object:
    """Return the parsed JSON of the event, without validating its content.

    Raises:
        UsageError: The file cannot be read, is too large or is not JSON.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_PAYLOAD + 1)
    except OSError as error:
        raise UsageError(f"the event payload cannot be read: {error}") from None
    if len(raw) > MAX_PAYLOAD:
        raise UsageError(f"the event payload is larger than {MAX_PAYLOAD} bytes")
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        raise UsageError("the event payload is not JSON", "GITHUB_EVENT_PATH must be the runner's file.") from None
