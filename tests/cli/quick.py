"""The real `gatebot`, but GitHub is asked without the pauses that manners demand: tests talk to a fake."""

from gatebot.cli.main import entry
from gatebot.github.api import Pace


def hurry(seconds: float) -> None:
    """No pause between two attempts either."""


HURRIED = (0.0, 0.0, 5, 4, 180.0, hurry)
"""Defaults of a `Pace`."""

if __name__ == "__main__":
    Pace.__init__.__defaults__ = HURRIED
    entry()
