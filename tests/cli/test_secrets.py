"""Secrets go to files of base alone, and out of a run by no way: real repositories, the real process."""

import base64
from pathlib import Path
from typing import Any

import pytest

from . import tiny
from .laptop import commit, gatebot, report_in, repository

pytestmark = pytest.mark.whole

SECRET = "role-9fK2x77Qw-secret"
FETCH = 'mkdir -p data\ncp made/rows.csv data/rows.csv\ntest -n "$ROLE"\n'
STEALS = FETCH + 'echo "$ROLE" > stolen.txt\n'
CONFIG = (
    "data: {path: data/rows.csv, target: label, id: id, split: {column: fold},"
    " fetch: {run: sh fetch.sh, secrets: [ROLE], network: false}}"
)
SPIES = tiny.PIPELINE.replace(
    "def train(rows, seed):\n",
    "import os\ndef train(rows, seed):\n    print('SEEN', os.path.exists('stolen.txt'), os.environ.get('ROLE'))\n"
    "    raise ValueError\n",
)


def fetching(**changed: str) -> dict[str, str | bytes | None]:
    """What main holds: its data is not in git, but brought."""
    files: dict[str, str | bytes | None] = {**tiny.files(data=CONFIG)}
    files["made/rows.csv"] = files.pop("data/rows.csv")
    return files | {"fetch.sh": FETCH, ".gitignore": "data/\n", **changed}


def everything_in(folder: Path) -> str:
    return "".join(path.read_text(errors="replace") for path in folder.rglob("*") if path.is_file())


def test_a_pull_request_that_edits_only_the_script_of_fetching(tmp_path: Path) -> None:
    root = repository(tmp_path / "tiny", fetching())
    commit(root, {"fetch.sh": STEALS, "pipeline.py": SPIES}, branch="thief")
    done = gatebot(root, "run", env={"ROLE": SECRET})
    assert done.code == 1, done.err
    found = {each["check"]: each for each in report_in(root / ".gatebot")["findings"]}
    assert found["code.gate_tamper"]["subject"] == "fetch.sh"
    assert "takes effect after the merge" in found["code.gate_tamper"]["says"]
    assert "SEEN False None" in found["code.smoke_train"]["log"]


@pytest.mark.parametrize(
    "printed", ['echo "$ROLE"', 'echo "$ROLE" | base64', 'echo "$ROLE" | rev', 'echo "$ROLE" | sed "s/./& /g"']
)
def test_a_fetch_that_fails_tells_no_secret(tmp_path: Path, printed: str) -> None:
    root = repository(tmp_path / "tiny", fetching(**{"fetch.sh": f"{printed}\nexit 9\n"}))
    done = gatebot(root, "run", env={"ROLE": SECRET, "GATEBOT_CACHE": str(tmp_path / "cache")})
    assert done.code == 5
    said = "".join(each for each in done.out + done.err if each.isalnum())
    coded = base64.b64encode(SECRET.encode()).decode().rstrip("=")[:20]
    for spelled in (SECRET, SECRET[::-1], coded):
        assert "".join(each for each in spelled if each.isalnum()) not in said
    assert "***" in done.err


def test_a_report_of_a_bug_tells_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from gatebot.cli import checks, main

    def broken(_: Any) -> int:
        raise RuntimeError(f"https://x-access-token:{SECRET}@github.com and {SECRET[::-1]}")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GITHUB_TOKEN", SECRET)
    monkeypatch.setattr(checks, "run", broken)
    assert main.main(["checks"]) == 70
    said = capsys.readouterr()
    text = said.out + said.err + everything_in(tmp_path)
    assert SECRET not in text
    assert SECRET[::-1] not in text
    assert "x-access-token:***@github.com" in text
