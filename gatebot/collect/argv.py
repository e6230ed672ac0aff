"""A command line of the user's as a list of arguments: no shell, and values that cannot become more than a value."""

import re
import shlex
from collections.abc import Mapping
from pathlib import Path

from gatebot.errors import UsageError

_PLACE = re.compile(r"\{\{([a-z_]+)\}\}|\{([a-z_]+)\}")
_SHELL = frozenset({"&&", "||", "|", ";", "&", ">", ">>", "<", "2>", "2>&1", "1>&2", "&>"})


def split(line: str, key: str) -> tuple[str, ...]:
    """The words of a command line.

    Raises:
        UsageError: quotes are not closed, nothing is there, or it takes a shell to understand it.
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
    """The placeholders that occur."""
    return frozenset(name for word in words for _, name in _PLACE.findall(word) if name)


def check(words: tuple[str, ...], key: str, known: tuple[str, ...], needed: tuple[str, ...] = ()) -> None:
    """Refuse placeholders that nobody fills in, and a command without those that it cannot do without.

    Raises:
        UsageError: as said.
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
    """The words with their placeholders replaced; `{{name}}` stands for `{name}` itself."""
    return tuple(_PLACE.sub(lambda found: _value(found, values), word) for word in words)


def _value(found: re.Match[str], values: Mapping[str, str | int | float | Path]) -> str:
    return f"{{{found[1]}}}" if found[1] else str(values[found[2]])


def _braces(names: tuple[str, ...] | list[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in names)
