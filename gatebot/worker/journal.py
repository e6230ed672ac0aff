"""Records what `train` reports while it runs, as one line of JSON per call."""

from __future__ import annotations

import json
from typing import Any

MOST_LINES = 100000


class Journal:
    """Provides the `report` argument of `train`: `report(loss=0.3, step=10)`."""

    def __init__(self, path: str) -> None:
        self.file = open(path, "w", buffering=1, encoding="utf-8")  # noqa: PTH123, SIM115 - closed by `with`
        self.lines = 0

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()

    def report(self, **numbers: Any) -> None:
        """Write numbers to the file; every value is converted with `float`, for example a tensor of one element."""
        facts: dict[str, float] = {name: float(value) for name, value in numbers.items()}
        self.lines += 1
        if self.lines <= MOST_LINES and not self.file.closed:
            self.file.write(json.dumps(facts) + "\n")
