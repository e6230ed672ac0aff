"""The runner believes every line: none may come from anywhere but here."""

import io
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebot.errors import UsageError
from gatebot.github.outputs import (
    Level,
    Place,
    action_input,
    command,
    commands_stopped,
    fitted,
    in_actions,
    mask,
    write_outputs,
    write_summary,
)

TEXT = st.text(max_size=80) | st.lists(
    st.sampled_from(["::error::x", "\n", "\r", "%0A", "a<<EOF", "EOF", "name=value", "::", "gatebot_", " ", "%"])
).map("".join)


def as_the_runner_reads(text: str) -> dict[str, str]:
    """The runner's rules for GITHUB_OUTPUT: `k=v` or `k<<D`, whichever sign comes first in the line."""
    found: dict[str, str] = {}
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        if not line:
            continue
        equals, heredoc = line.find("="), line.find("<<")
        if equals >= 0 and (heredoc < 0 or equals < heredoc):
            name, value = line.split("=", 1)
        elif heredoc >= 0:
            name, delimiter = line.split("<<", 1)
            end = lines.index(delimiter, at)
            value = "\n".join(lines[at:end])
            at = end + 1
        else:
            raise ValueError(f"the runner fails the step at {line!r}")
        found[name] = value
    return found


def as_the_runner_hears(log: str) -> list[tuple[str, str]]:
    """Commands in a log: lines that begin with `::name`, unless stopped by a token."""
    commands, token = [], ""
    for line in log.split("\n"):
        match = re.fullmatch(r"\s*::([A-Za-z0-9_-]+)(?: [^:]*)?::(.*)", line)
        if match is None:
            continue
        name, data = match.groups()
        if token:
            token = "" if name == token else token
        elif name == "stop-commands":
            token = data
        else:
            commands.append((name, data))
    return commands


@given(values=st.dictionaries(st.sampled_from(["verdict", "comment-url", "a_b"]), TEXT))
def test_no_value_forges_an_output(tmp_path_factory: pytest.TempPathFactory, values: dict[str, str]) -> None:
    path = tmp_path_factory.mktemp("out") / "output"
    path.write_text("before=1\n")
    assert write_outputs({"GITHUB_OUTPUT": str(path)}, values)
    sound = {name: value.encode("utf-8", "replace").decode() for name, value in values.items()}
    assert as_the_runner_reads(path.read_bytes().decode()) == {"before": "1", **sound}


@pytest.mark.parametrize("name", ["a=b", "a\nb", "a<<b", ""])
def test_an_outputs_name_is_ours(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="not an output's name"):
        write_outputs({"GITHUB_OUTPUT": str(tmp_path / "o")}, {name: "x"})


def test_outside_of_actions_nothing_is_written() -> None:
    assert not write_outputs({}, {"verdict": "pass"})
    assert not write_summary({}, "# pass")
    assert not in_actions({})
    assert in_actions({"GITHUB_ACTIONS": "true"})


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="GITHUB_OUTPUT"):
        write_outputs({"GITHUB_OUTPUT": str(tmp_path / "none" / "x")}, {"verdict": "pass"})


def test_a_summary_is_appended_within_the_runners_limit(tmp_path: Path) -> None:
    path = tmp_path / "summary"
    path.write_text("# before\n")
    environ = {"GITHUB_STEP_SUMMARY": str(path)}
    write_summary(environ, "<details>\n" + "é" * 90 + "\n" + "row é🦊\n" * 200_000 + "</details>")
    text = path.read_text()
    assert 2**19 < len(text.encode()) <= 2**20
    assert text.startswith("# before\n<details>\n")
    assert text.rstrip().split("\n")[-1].endswith("too long for GitHub.*")
    assert text.count("<details>") == text.count("</details>")
    write_summary(environ, "more\n" * 200_000)
    assert len(path.read_bytes()) <= 2**20


@given(st.text(max_size=300), st.integers(0, 400))
def test_any_summary_fits(text: str, limit: int) -> None:
    assert len(fitted(text, limit).encode()) <= limit


@given(message=TEXT, title=TEXT, file=TEXT, line=st.none() | st.integers(1, 99))
def test_no_text_forges_a_command(message: str, title: str, file: str, line: int | None) -> None:
    log = command(Level.WARNING, message, title=title, place=Place(file, line))
    assert "\n" not in log
    assert "\r" not in log
    ((name, data),) = as_the_runner_hears(log)
    assert name == "warning"
    assert data.replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%") == message


@given(TEXT)
def test_foreign_output_commands_nothing(foreign: str) -> None:
    log = io.StringIO()
    with commands_stopped(log):
        log.write(foreign)
    log.write(command(Level.NOTICE, "done"))
    assert as_the_runner_hears(log.getvalue()) == [("notice", "done")]


def test_commands_come_back_after_a_failure() -> None:
    log = io.StringIO()
    with pytest.raises(KeyError), commands_stopped(log):
        raise KeyError
    log.write(command(Level.ERROR, "x"))
    assert as_the_runner_hears(log.getvalue()) == [("error", "x")]


def test_the_command_as_the_runner_documents_it() -> None:
    said = command(Level.ERROR, "50% worse\nsee", title="a,b:c", place=Place("src/a.py", 3))
    assert said == "::error file=src/a.py,line=3,title=a%2Cb%3Ac::50%25 worse%0Asee"


def test_every_line_of_a_secret_is_masked() -> None:
    assert mask("a%\n\nb") == "::add-mask::a%25\n::add-mask::b"


@pytest.mark.parametrize(
    ("variable", "name"), [("INPUT_CONFIG", "config"), ("INPUT_GITHUB-TOKEN", "github-token"), ("INPUT_A_B", "a b")]
)
def test_inputs_keep_their_hyphens(variable: str, name: str) -> None:
    assert action_input({variable: " value "}, name) == "value"
    assert action_input({variable: "  "}, name, "default") == "default"
