"""Results are put where they belong, and name no machine."""

import platform
from pathlib import Path

from benchmarks.pages import Page, machine


def page(name: str, value: str) -> Page:
    return Page(name, f"python -m {name}", (("Times", ("job", "seconds"), [["a", value]]),), ("A note.",))


def test_a_section_replaces_itself_and_no_other(tmp_path: Path) -> None:
    results = tmp_path / "results.md"
    for name, value in (("one", "first"), ("two", "second"), ("one", "third")):
        page(name, value).show(write=True, results=results)
    text = results.read_text()
    assert text.count("## one\n") == text.count("## two\n") == 1
    assert "third" in text
    assert "first" not in text
    assert text.index("## one") < text.index("## two")


def test_nothing_is_written_unless_asked(tmp_path: Path) -> None:
    page("one", "1.0").show(results=tmp_path / "results.md")
    assert not (tmp_path / "results.md").exists()


def test_the_machine_is_described_and_not_named() -> None:
    assert "cores" in machine()
    assert "Python 3" in machine()
    assert platform.node() not in machine()
    assert str(Path.home()) not in machine()
