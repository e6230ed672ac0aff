"""Tables for people: aligned in the terminal, and the same in docs/results.md with the machine they hold for."""

import platform
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import mean

from tabulate import tabulate

from gatebot.stats.binomial import clopper_pearson

RESULTS = Path(__file__).parent.parent / "docs" / "results.md"
SHOWN = ("numpy", "scipy", "scikit-learn", "polars", "pandas")


@dataclass(frozen=True, slots=True)
class Page:
    """Results of one benchmark.

    Attributes:
        name: of the section in docs/results.md.
        command: that made them.
        tables: title, headers and rows of each.
        notes: sentences below.
    """

    name: str
    command: str
    tables: tuple[tuple[str, Sequence[str], Sequence[Sequence[object]]], ...]
    notes: tuple[str, ...] = ()

    def text(self, style: str = "simple") -> str:
        """All tables."""
        parts = []
        for title, headers, rows in self.tables:
            aligned = tabulate(rows, headers=headers, tablefmt=style, disable_numparse=True, colalign=_aligned(headers))
            parts.append(f"{title}\n\n{aligned}")
        return "\n\n".join([*parts, *self.notes])

    def show(self, *, write: bool = False, results: Path = RESULTS) -> None:
        """Print it, and put it into results.md in place of what stands there."""
        print(self.text())
        if write:
            known = results.read_text(encoding="utf-8") if results.exists() else "# Results\n"
            results.write_text(_with_section(known, self.name, self._section()), encoding="utf-8")

    def _section(self) -> str:
        today = f"{datetime.now(UTC):%Y-%m-%d}"
        return f"## {self.name}\n\n`{self.command}`, {today}, {machine()}.\n\n{self.text('github')}\n"


def brief(seconds: float) -> str:
    """Seconds with three digits or so."""
    return f"{seconds:.3f}" if seconds < 10 else f"{seconds:.0f}"


def percent(found: Iterable[bool]) -> str:
    """The share of what is true; a dash of nothing."""
    values = list(found)
    return f"{100 * mean(values):.1f}" if values else "—"


def exact(count: int, of: int) -> str:
    """The exact 95 % interval of that share (Clopper & Pearson 1934)."""
    if not of:
        return "—"
    low, high = clopper_pearson(count, of)
    return f"{100 * low:.1f} to {100 * high:.1f}"


def machine() -> str:
    """What the numbers depend on, and nothing that names the machine."""
    python = platform.python_version()
    libraries = ", ".join(f"{name} {_version(name)}" for name in SHOWN)
    return f"{_processor()}, {_cores()} cores, {_memory()}, {platform.system()}, Python {python}, {libraries}"


def _aligned(headers: Sequence[str]) -> tuple[str, ...]:
    return ("left", *("right" for _ in headers[1:]))


def _with_section(text: str, name: str, section: str) -> str:
    heading = re.compile(rf"^## {re.escape(name)}\n.*?(?=^## |\Z)", re.DOTALL | re.MULTILINE)
    if heading.search(text):
        return heading.sub(lambda _found: f"{section}\n", text).rstrip() + "\n"
    return f"{text.rstrip()}\n\n{section}"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "absent"


def _processor() -> str:
    found = re.search(r"^model name\s*: (.+)$", _read("/proc/cpuinfo"), re.MULTILINE)
    return found[1].strip() if found else platform.machine()


def _cores() -> int:
    return max(1, len(re.findall(r"^processor\s*:", _read("/proc/cpuinfo"), re.MULTILINE)))


def _memory() -> str:
    found = re.search(r"^MemTotal:\s*(\d+) kB", _read("/proc/meminfo"), re.MULTILINE)
    return f"{int(found[1]) / 2**20:.0f} GiB" if found else "unknown memory"


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError:
        return ""
