"""What a check is: one value, made once in the check's own file."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from inspect import cleandoc
from typing import Any

from pydantic import BaseModel, ConfigDict

from gatebot.comparison.comparison import Comparison
from gatebot.core.finding import Area, Finding, Level, Measure
from gatebot.evidence.effort import Effort
from gatebot.evidence.need import Need


class Options(BaseModel):
    """A check's settings in `gatebot.yml` under `checks: {<id>: …}`. Each field has a description."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def nothing(_effort: Effort) -> tuple[Need, ...]:
    """For a check that reads only what the Case always knows."""
    return ()


def no_excuse(_comparison: Comparison) -> str:
    """For a check that needs no more than its evidence."""
    return ""


@dataclass(frozen=True, slots=True)
class Check:
    """One rule.

    Attributes:
        id: `<area>.<name>`, the path of its file, the configuration key and the page.
        impact, likelihood: defaults; the policy may say otherwise.
        run: pure; yields what it finds. Called only when every need is met.
        needs: what must have been collected, given how much effort the Rules allow.
        wishes: what it uses where it is there; its absence skips nothing (base's evidence, mostly).
        options: the settings, with defaults.
        doc: the module's docstring: a one-line title, then `Why:` and `Fix:`.
        excuse: why there is nothing that it could look at, though the evidence is there, or an empty string: it is
            then skipped, and excused.
    """

    id: str
    impact: Level
    likelihood: Level
    run: Callable[[Comparison, Any], Iterator[Finding | Measure]]
    doc: str
    needs: Callable[[Effort], tuple[Need, ...]] = nothing
    wishes: Callable[[Effort], tuple[Need, ...]] = nothing
    options: type[Options] = Options
    relative: bool = field(default=False)
    """Its findings are differences from base, so none of them is ever inherited, and without a base it is skipped."""
    excuse: Callable[[Comparison], str] = no_excuse
    confirm: Callable[[Comparison], tuple[Need, ...]] | None = None
    """What would confirm its findings that are unconfirmed, given all that is known; by default the confirm tier."""

    @property
    def area(self) -> Area:
        """The first half of the id."""
        return Area(self.id.partition(".")[0])

    @property
    def title(self) -> str:
        """The first line of its docstring."""
        return cleandoc(self.doc).partition("\n")[0].rstrip(".")

    def section(self, name: str) -> str:
        """The text under `Why:` or `Fix:` in its docstring, on one line; empty where there is none."""
        lines = cleandoc(self.doc).splitlines()
        starts = [number for number, line in enumerate(lines) if line.startswith(f"{name}:")]
        if not starts:
            return ""
        text = [lines[starts[0]].removeprefix(f"{name}:")]
        for line in lines[starts[0] + 1 :]:
            if not line.strip() or re.match(r"[A-Z]\w*:", line):
                break
            text.append(line)
        return " ".join(" ".join(text).split())
