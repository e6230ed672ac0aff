"""Splits a user's command line into arguments and fills in placeholders. No shell is involved."""

import re
import shlex
from collections.abc import Mapping
from pathlib import Path

from gatebot.errors import UsageError

_PLACE = re.compile(r"\{\{([a-z_]+)\}\}|\{([a-z_]+)\}")
_SHELL = frozenset({"&&", "||", "|", ";", "&", ">", ">>", "<", "2>", "2>&1", "1>&2", "&>"})


def split(line: str, key: str) -> tuple[str, ...]:
    """Split a command line into words.

    Raises:
        UsageError: a quote is not closed, the line is empty, or it contains shell syntax.
    """
    try:
        words = tuple(shlex.split(line, comments=False))
    except ValueError as error:
        raise UsageError(f"`{key}` cannot be split into words: {error}.", "Close the quotes.") from error
    if not words:
        raise UsageError(f"`{key}` is empty.", "Give a command, or leave the key out.")
    for_shell = sorted(_SHELL.intersection(words))
    if for_shell:
        raise UsageError(
            f"`{key}` holds {' and '.join(f'`{word}`' for word in for_shell)}, but no shell reads it.",
            f"Write the shell yourself: {key}: sh -c '…'",
        )
    return words


def places(words: tuple[str, ...]) -> frozenset[str]:
    """Return the names of the placeholders in a command."""
    return frozenset(name for word in words for _, name in _PLACE.findall(word) if name)


def check(words: tuple[str, ...], key: str, known: tuple[str, ...], needed: tuple[str, ...] = ()) -> None:
    """Check that all placeholders are known and that the required ones are present.

    Raises:
        UsageError: a placeholder is unknown or missing.
    """
    found = places(words)
    unknown = sorted(found - set(known))
    if unknown:
        raise UsageError(
            f"`{key}` asks for {_braces(unknown)}, which does not exist.",
            f"There are {_braces(known)}; write {{{{{unknown[0]}}}}} for the text itself.",
        )
    missing = [name for name in needed if name not in found]
    if missing:
        raise UsageError(f"`{key}` does not say where {_braces(missing)} goes.", "Add it to the command.")


def fill(words: tuple[str, ...], values: Mapping[str, str | int | float | Path]) -> tuple[str, ...]:
    """Return the words with their placeholders replaced; `{{name}}` becomes the literal text `{name}`."""
    return tuple(_PLACE.sub(lambda found: _value(found, values), word) for word in words)


def _value(found: re.Match[str], values: Mapping[str, str | int | float | Path]) -> str:
    return f"{{{found[1]}}}" if found[1] else str(values[found[2]])


def _braces(names: tuple[str, ...] | list[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in names)
