"""What `gatebot init` writes can be taken back exactly, whatever stood there, and never what was edited since."""

import json
from pathlib import Path, PurePosixPath

import pytest

from gatebot.cli.init_files import Target, require_free, undo, write
from gatebot.core.checkout import UnsafePathError
from gatebot.errors import GateError, UsageError

CONFIG, WORKFLOW = PurePosixPath("gatebot.yml"), PurePosixPath(".github/workflows/gatebot.yml")
TEXTS = {CONFIG: "version: 1\n", WORKFLOW: "on: push\n"}


@pytest.fixture
def target(tmp_path: Path) -> Target:
    (tmp_path / "code.py").write_text("x = 1\n")
    return Target(tmp_path, PurePosixPath())


def _state(target: Target) -> dict[str, str]:
    """Every file and link below the root with its content, and every empty folder."""
    found = {}
    for path in sorted(target.root.rglob("*")):
        name = str(path.relative_to(target.root))
        if path.is_symlink():
            found[name] = f"link to {path.readlink()}"
        elif path.is_file():
            found[name] = path.read_text()
        elif not list(path.iterdir()):
            found[name] = "an empty folder"
    return found


@pytest.mark.parametrize(
    "before",
    [
        {},
        {".gitignore": "*.pyc"},
        {".gitignore": "*.pyc\n.gatebot\n"},
        {"gatebot.yml": "mine\n", ".github/dependabot.yml": "x\n"},
        {".github/workflows/gatebot.yml": "mine\n", ".github/workflows/tests.yml": "x\n"},
    ],
)
def test_undo_leaves_what_was_there(before: dict[str, str], target: Target) -> None:
    for name, text in before.items():
        (target.root / name).parent.mkdir(parents=True, exist_ok=True)
        (target.root / name).write_text(text)
    state = _state(target)
    write(target, TEXTS)
    assert (target.root / CONFIG).read_text() == "version: 1\n"
    done, kept = undo(target, force=False)
    assert {str(path) for path in TEXTS} <= set(done)
    assert kept == []
    left = _state(target)
    if ".gitignore" in state:  # a last line got its end, which is no harm
        assert left.pop(".gitignore").strip() == state.pop(".gitignore").strip()
    assert left == state


def test_a_link_comes_back_as_a_link(target: Target) -> None:
    elsewhere = target.root / "elsewhere.yml"
    elsewhere.write_text("theirs\n")
    (target.root / CONFIG).symlink_to("elsewhere.yml")
    state = _state(target)
    write(target, TEXTS)
    assert elsewhere.read_text() == "theirs\n"
    undo(target, force=False)
    assert _state(target) == state


def test_what_was_edited_is_kept_until_it_is_forced(target: Target) -> None:
    state = _state(target)
    write(target, TEXTS)
    (target.root / CONFIG).write_text("version: 1\nproject: mine\n")
    done, kept = undo(target, force=False)
    assert (done, kept) == ([str(WORKFLOW)], [str(CONFIG)])
    assert (target.root / CONFIG).read_text() == "version: 1\nproject: mine\n"
    assert ".gatebot/" in (target.root / ".gitignore").read_text()
    assert undo(target, force=True)[0] == [str(CONFIG), ".gitignore"]
    assert _state(target) == state


def test_lines_that_were_added_to_gitignore_stay(target: Target) -> None:
    write(target, TEXTS)
    with (target.root / ".gitignore").open("a") as file:
        file.write("*.log\n")
    undo(target, force=False)
    assert (target.root / ".gitignore").read_text() == "*.log\n"


def test_twice_written_is_taken_back_to_the_very_first(target: Target) -> None:
    (target.root / CONFIG).write_text("mine\n")
    state = _state(target)
    write(target, TEXTS)
    write(target, {CONFIG: "version: 1\nproject: other\n"})
    undo(target, force=False)
    assert _state(target) == state


def test_an_edit_between_two_writes_is_what_comes_back(target: Target) -> None:
    write(target, TEXTS)
    (target.root / CONFIG).write_text("edited\n")
    write(target, {CONFIG: "version: 1\nproject: other\n"})
    undo(target, force=False)
    assert (target.root / CONFIG).read_text() == "edited\n"


def test_nothing_is_known_of_other_files(target: Target) -> None:
    (target.root / CONFIG).write_text("mine\n")
    with pytest.raises(UsageError, match="not known what"):
        undo(target, force=True)
    assert (target.root / CONFIG).read_text() == "mine\n"


def test_if_one_cannot_be_written_none_is(target: Target) -> None:
    (target.root / CONFIG).write_text("mine\n")
    (target.root / "blocked").write_text("a file where a folder is needed\n")
    state = _state(target)
    with pytest.raises(GateError):
        write(target, {**TEXTS, PurePosixPath("blocked/x.yml"): "x\n"})
    assert _state(target) == state


@pytest.mark.parametrize("force", [True, False])
def test_a_path_behind_a_link_is_refused(target: Target, force: bool) -> None:
    outside = target.root.parent / f"outside-{force}"
    outside.mkdir()
    (target.root / ".github").symlink_to(outside)
    with pytest.raises(UnsafePathError):
        require_free(target, TEXTS, force=force)


@pytest.mark.parametrize(
    "name",
    ["../outside.txt", "/tmp/outside.txt", "link/inside.txt"],
)
def test_a_forged_record_reaches_nothing_outside(name: str, target: Target) -> None:
    outside = target.root.parent / "outside.txt"
    outside.write_text("theirs\n")
    (target.root / "link").symlink_to(target.root.parent)
    write(target, TEXTS)
    record = target.root / ".gatebot" / "init.json"
    value = json.loads(record.read_text())
    value["files"] = {name: {"digest": "", "before": None, "link": None}}
    record.write_text(json.dumps(value))
    with pytest.raises(UnsafePathError):
        undo(target, force=True)
    assert outside.read_text() == "theirs\n"


@pytest.mark.parametrize("text", ["", "[]", '{"files": 3}', '{"files": {"x": {"y": 1}}, "folders": [], "ignores": ""}'])
def test_an_unreadable_record_is_one_clear_error(text: str, target: Target) -> None:
    write(target, TEXTS)
    (target.root / ".gatebot" / "init.json").write_text(text)
    with pytest.raises(UsageError, match=r"init\.json is not readable"):
        undo(target, force=True)
