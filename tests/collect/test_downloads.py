"""Environments share downloads, and nothing that a pull request's set-up wrote reaches another environment."""

import os
from contextlib import suppress
from pathlib import Path

import pytest

from gatebot.collect import Tree, collect, downloads
from gatebot.collect.downloads import lent, variables
from gatebot.evidence.need import Side
from gatebot.evidence.training import Fit, Training
from tests.collect.repository import document, git, job, repository, write
from tests.collect.test_setup import SETUP

# It "downloads" what the store does not have yet, tells what the store had, and spoils what it finds there.
INSTALL = """
import os, pathlib, sysconfig
store = pathlib.Path(os.environ.get("PIP_CACHE_DIR", "none"))
had = sorted(f"{path.name}={path.read_text()}" for path in store.glob("*")) if store.exists() else []
site = pathlib.Path(sysconfig.get_paths()["purelib"])
(site / "installed.py").write_text(f"HAD = {had!r}")
if "PIP_CACHE_DIR" in os.environ:
    assert pathlib.Path(os.environ["UV_CACHE_DIR"]).parent == store.parent
    store.mkdir(exist_ok=True)
    for path in store.glob("*"):
        path.write_text("spoiled by " + WHO)
    (store / WHO).write_text("wheel")
"""
TELLS = "import installed\ndef train(rows):\n    print(installed.HAD)\n    return 1\n"


def _repository(place: Path) -> tuple[Path, Path]:
    root = repository(place / "repo", {"install.py": _install("base"), "requirements.txt": "1", "pipeline.py": TELLS})
    git(root, "worktree", "add", "-q", str(place / "base"), "HEAD")
    return root, place / "base"


def _install(who: str) -> str:
    return f"WHO = {who!r}\n{INSTALL}"


def _had(root: Path, base: Path, cache: Path, side: Side, lock: str, **smoke: object) -> str:
    """What the set-up of a side found in its store, with another state of its lock."""
    place = root if side is Side.HEAD else base
    write(place, {"requirements.txt": lock, "install.py": _install(side.value)})
    settings = {**SETUP, "setup": "python install.py", **smoke}
    of_head, of_base = document(smoke=dict(settings)), document(smoke=dict(settings))
    trees = {Side.HEAD: Tree(root, of_head.recipe), Side.BASE: Tree(base, of_base.recipe)}
    environ = {**os.environ, "INDEX_TOKEN": "i.n.d.e.x"}
    found = collect([Fit(side)], job(root, cache, of_head, trees=trees, environ=environ, trusts_head=False))
    training = found[side].get(Fit(side), Training)
    assert training is not None
    return training.effects.log_tail[-1]


@pytest.mark.whole
def test_base_adds_to_the_store_and_a_pull_request_sees_it_and_changes_nothing(open_path: Path) -> None:
    (root, base), cache = _repository(open_path), open_path / "cache"
    assert _had(root, base, cache, Side.BASE, "a") == "[]"
    assert _had(root, base, cache, Side.HEAD, "b") == "['base=wheel']"
    assert _had(root, base, cache, Side.HEAD, "c") == "['base=wheel']", "what head's first set-up wrote is not there"
    assert _had(root, base, cache, Side.BASE, "d") == "['base=wheel']"
    assert _had(root, base, cache, Side.BASE, "e") == "['base=wheel']"
    assert sorted(path.name for path in (cache / "packages").iterdir()) == ["base", "base.lock"]


@pytest.mark.whole
def test_what_is_downloaded_with_credentials_is_shared_with_nobody(open_path: Path) -> None:
    (root, base), cache = _repository(open_path), open_path / "cache"
    passed = {"env": {"pass": ["INDEX_TOKEN"]}}
    assert _had(root, base, cache, Side.BASE, "a", **passed) == "[]"
    assert not (cache / "packages/base").exists()


def _add(cache: Path, name: str, *, is_of_base: bool = True) -> list[str]:
    """Add a file to the store that a set-up gets, and return what was there."""
    with lent(cache, is_of_base=is_of_base, private=False) as store:
        assert store is not None
        had = sorted(path.name for path in store.rglob("*"))
        (store / name).write_text("x")
        return had


def test_a_store_that_somebody_else_has_changed_is_emptied(tmp_path: Path) -> None:
    _add(tmp_path, "wheel")
    assert _add(tmp_path, "more") == ["wheel"]
    (tmp_path / "packages/base/content/planted").write_text("x")
    assert _add(tmp_path, "pull", is_of_base=False) == []
    assert _add(tmp_path, "again") == []


def test_a_set_up_that_fails_keeps_what_it_has_downloaded(tmp_path: Path) -> None:
    with suppress(KeyError), lent(tmp_path, is_of_base=True, private=False) as store:
        assert store is not None
        (store / "wheel").write_text("x")
        raise KeyError
    assert _add(tmp_path, "more") == ["wheel"]


def test_a_copy_shares_no_file_with_the_store_and_goes_with_its_set_up(tmp_path: Path) -> None:
    with lent(tmp_path, is_of_base=True, private=False) as store:
        assert store is not None
        (store / "deep").mkdir()
        (store / "deep/wheel").write_text("x")
        (store / "link").symlink_to("deep")
    with lent(tmp_path, is_of_base=False, private=False) as copy:
        assert copy is not None
        assert (copy / "link").readlink() == Path("deep")
        assert (copy / "deep/wheel").stat().st_nlink == 1
        (copy / "deep/wheel").write_text("changed")
        (copy / "own").write_text("x")
    assert not copy.exists()
    assert (tmp_path / "packages/base/content/deep/wheel").read_text() == "x"
    assert _add(tmp_path, "more") == ["deep", "link", "wheel"]


def test_a_store_that_is_too_large_begins_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _add(tmp_path, "wheel")
    monkeypatch.setattr(downloads, "MOST_BYTES", 100)
    assert _add(tmp_path, "more") == []


def test_without_a_store_nothing_is_set() -> None:
    assert variables(None) == {}
    assert variables(Path("/s"))["UV_CACHE_DIR"] == "/s/uv"
