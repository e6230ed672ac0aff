"""Hidden paths are closed while a run lasts, opened after the last run, and opened again after a crash."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gatebot.errors import GateError
from gatebot.sandbox import Command, Isolation, Reach, scratch
from gatebot.sandbox.hidden_paths import hidden, open_leftovers
from tests.sandbox.conftest import PACKAGE

NO_LANDLOCK = Reach(Isolation.FULL, 0)


def modes(*paths: Path) -> list[str]:
    return [oct(path.stat().st_mode & 0o777) for path in paths]


def command(place: Path, *, hide: Path, readable: tuple[Path, ...] = ()) -> Command:
    return Command(("true",), place, hidden=(hide,), readable=readable)


@pytest.fixture
def workspace(full: Reach, place: Path) -> Path:
    """A directory with code, which may be seen, and labels, which may not."""
    for name in ("code", "labels"):
        (place / "workspace" / name).mkdir(parents=True)
    return place / "workspace"


def test_closed_during_open_after(workspace: Path) -> None:
    with scratch() as inside:
        with hidden(command(inside, hide=workspace), NO_LANDLOCK):
            assert modes(workspace) == ["0o700"]
        assert modes(workspace) == ["0o755"]


def test_landlock_needs_no_change_of_mode(workspace: Path, full: Reach) -> None:
    if not full.landlock:
        pytest.skip("no Landlock")
    with scratch() as inside, hidden(command(inside, hide=workspace), full):
        assert modes(workspace) == ["0o755"]


def test_landlock_cannot_hide_inside_what_is_granted_but_a_mode_can(workspace: Path) -> None:
    labels = workspace / "labels"
    with scratch() as inside:
        asked = command(inside, hide=labels, readable=(workspace,))
        with hidden(asked, Reach(Isolation.FULL, 7)):
            assert modes(labels, workspace) == ["0o700", "0o755"]
        with pytest.raises(GateError, match="only full isolation"), hidden(asked, Reach(Isolation.PARTIAL, 7)):
            pass


def test_the_way_to_what_is_granted_stays_open(workspace: Path) -> None:
    code, labels = workspace / "code", workspace / "labels"
    with scratch() as inside, hidden(command(inside, hide=workspace, readable=(code,)), NO_LANDLOCK):
        assert modes(workspace, code, labels) == ["0o755", "0o755", "0o700"]
    assert modes(labels) == ["0o755"]


def test_the_last_of_several_runs_opens(workspace: Path) -> None:
    with scratch() as inside:
        asked = command(inside, hide=workspace)
        with hidden(asked, NO_LANDLOCK):
            with hidden(asked, NO_LANDLOCK):
                pass
            open_leftovers()
            assert modes(workspace) == ["0o700"]
        assert modes(workspace) == ["0o755"]


class OpenedByAnother:
    """`os`, but another run looks for leftovers right after the first file is closed."""

    def __init__(self) -> None:
        self.first = True

    def __getattr__(self, name: str) -> object:
        return getattr(os, name)

    def close(self, descriptor: int) -> None:
        os.close(descriptor)
        if self.first:
            self.first = False
            open_leftovers()


def test_another_run_may_open_what_this_one_has_just_let_go(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with scratch() as inside:
        with hidden(command(inside, hide=workspace), NO_LANDLOCK):
            monkeypatch.setattr("gatebot.sandbox.hidden_paths.os", OpenedByAnother())
        assert modes(workspace) == ["0o755"]


def test_a_killed_gatebot_leaves_it_closed_and_the_next_one_opens(workspace: Path) -> None:
    code = f"""
import os
from pathlib import Path
from gatebot.sandbox import Command, Isolation, Reach
from gatebot.sandbox.hidden_paths import hidden
with hidden(Command(("true",), Path("/"), hidden=(Path({str(workspace)!r}),)), Reach(Isolation.FULL, 0)):
    os.kill(os.getpid(), 9)
"""
    code = code.replace('Path("/"), hidden', 'Path("/usr"), hidden')
    subprocess.run([sys.executable, "-B", "-c", code], env={"PYTHONPATH": str(PACKAGE.parent)}, check=False)
    assert modes(workspace) == ["0o700"]
    open_leftovers()
    assert modes(workspace) == ["0o755"]


@pytest.mark.parametrize("landlock", [0, 7])
@pytest.mark.parametrize("granted", ["workspace", "workspace/labels", "workspace/labels/inner"])
def test_what_is_denied_is_closed_whatever_is_granted(workspace: Path, landlock: int, granted: str) -> None:
    labels, grant = workspace / "labels", workspace.parent / granted
    grant.mkdir(exist_ok=True)
    with scratch() as inside:
        asked = Command(("true",), inside, hidden=(workspace,), denied=(labels,), readable=(grant,))
        with hidden(asked, Reach(Isolation.FULL, landlock)):
            assert modes(labels) == ["0o700"] or (landlock and granted == "workspace/labels/inner")
        assert modes(labels, workspace) == ["0o755", "0o755"]


def test_a_hidden_path_that_is_granted_itself_stays_hidden(workspace: Path) -> None:
    with scratch() as inside:
        asked = command(inside, hide=workspace, readable=(workspace,))
        for landlock in (0, 7):
            with hidden(asked, Reach(Isolation.FULL, landlock)):
                assert modes(workspace) == ["0o700"]
        with pytest.raises(GateError, match="only full isolation"), hidden(asked, Reach(Isolation.PARTIAL, 7)):
            pass
