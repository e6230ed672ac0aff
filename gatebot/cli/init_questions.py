"""Asks in a terminal what cannot be guessed."""

import os
import sys
from collections.abc import Sequence

from gatebot.cli.console import printable
from gatebot.errors import UsageError

MOST_SHOWN = 20
MOST_TRIES = 3


def can_ask() -> bool:
    """Return whether a person is at a terminal to be asked."""
    streams = (sys.stdin, sys.stderr)
    return all(stream is not None and stream.isatty() for stream in streams) and not os.environ.get("CI")


def choose(problem: str, candidates: Sequence[str], advice: str) -> str:
    """Ask which of the candidates it is, by number or by name.

    Raises:
        UsageError: no answer fits.
    """
    print(printable(f"{problem}. Which is it?"), file=sys.stderr)
    for number, each in enumerate(candidates[:MOST_SHOWN], 1):
        print(printable(f"  {number:>2}  {each}"), file=sys.stderr)
    for _ in range(MOST_TRIES):
        answer = _answer("number or name: ")
        if answer in candidates:
            return answer
        if answer.isdecimal() and 1 <= int(answer) <= min(len(candidates), MOST_SHOWN):
            return candidates[int(answer) - 1]
        if not answer:
            break
    raise UsageError(problem, advice)


def confirm(question: str) -> bool:
    """Ask a question, and return whether the answer is yes. No answer means no."""
    return _answer(f"{question} [y/N] ").lower() in ("y", "yes")


def _answer(question: str) -> str:
    print(printable(question), end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip()
