"""Repeats what failed because of the machine."""

from collections.abc import Callable
from typing import TypeVar

from gatebot.errors import MachineError

T = TypeVar("T")


def twice(work: Callable[[], T]) -> T:
    """Call a function, and call it once more if the machine failed.

    Raises:
        MachineError: it failed again.
    """
    try:
        return work()
    except MachineError:
        return work()
