"""Files of a hostile checkout: nothing outside of it is reached, and every refusal says which path and why."""

import ast
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

from gatebot.core import checkout
from gatebot.core.checkout import Checkout, UnsafePathError

MOST = 1000
PACKAGE = Path(checkout.__file__).parents[1]
METHODS = {
    "read_text",
    "read_bytes",
    "open",
    "write_text",
    "write_bytes",
    "iterdir",
    "glob",
    "rglob",
    "walk",
    "hardlink_to",
}
FUNCTIONS = {
    "os": {"open", "scandir", "listdir", "walk", "fwalk", "readlink", "link", "rename", "replace", "unlink"},
    "shutil": {"copy", "copy2", "copyfile", "copytree", "move", "rmtree"},
    "glob": {"glob", "iglob"},
}
ELSEWHERE = {
    "baseline/": "stores of baselines, which are gatebot's own folders",
    "cli/artifact.py": "what was unpacked from such an archive",
    "cli/doctor_checks.py": "/proc/meminfo",
    "cli/init_files.py": "files that it has written itself, after the door has seen that no link leads there",
    "cli/main.py": "/dev/null, and the report of a bug in gatebot's own folder",
    "cli/power.py": "baselines in gatebot's own folder",
    "collect/adapters/python.py": "tasks in gatebot's own scratch folder",
    "collect/bounded_read.py": "what runs have left in scratch folders, without following links",
    "collect/cache.py": "gatebot's own folders",
    "collect/collector.py": "gatebot's own worker and scratch folders",
    "collect/decode.py": "in the sandbox, by its own rights",
    "collect/denied_paths.py": "the workflow job's own folder",
    "collect/download.py": "in the sandbox, by its own rights",
    "collect/fetch.py": "gatebot's own scratch folder, where base's command has run, and its own cache",
    "collect/files.py": "descriptors that the door has opened, and copies in scratch folders",
    "collect/interpreter.py": "installed Pythons of the machine",
    "collect/interpreter_copy.py": "installed Pythons of the machine, and mirrors of them",
    "collect/linear.py": "in the sandbox, by its own rights",
    "collect/prepared.py": "gatebot's own scratch folders",
    "collect/program.py": "programs of gatebot's own, and its own scratch folder",
    "collect/provenance.py": "/proc/cpuinfo",
    "collect/runner.py": "/dev",
    "collect/own_metric.py": "tasks in gatebot's own scratch folder",
    "collect/read_files.py": "a probe in gatebot's own scratch folder",
    "collect/seal.py": "gatebot's own folders, without following links",
    "core/checkout.py": "the door itself",
    "core/processes.py": "scripts of gatebot's own",
    "core/redact.py": "/proc/self/environ",
    "data/handover.py": "files with random names in gatebot's own scratch folder",
    "data/packing.py": "members of archives that the door has opened",
    "data/table_file.py": "files with random names in gatebot's own scratch folder",
    "discovery/workflows.py": "templates of gatebot's own",
    "evidence/": "evidence in gatebot's own folders, opened without following links",
    "github/": "what the runner hands over, and archives with a list of allowed names",
    "repository/kept_files.py": "sizes in gatebot's own folder, without following links",
    "repository/own_folder.py": "the lock and the list of ignored files in gatebot's own folder, not through links",
    "repository/git.py": "the repository's own list of cut-off commits",
    "repository/worktrees.py": "its own temporary work trees",
    "sandbox/": "/proc, and scratch folders after their runs are over, without following links",
    "worker/": "in the sandbox, by user code's own rights",
}
"""Where paths are opened that no commit chooses, and which: a folder, or a file of the package."""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """`data/a.csv`, and what an attacker puts beside it."""
    root = tmp_path / "root"
    (root / "data" / "deep").mkdir(parents=True)
    (root / "data" / "a.csv").write_text("a\n1\n")
    (root / "data" / "deep" / "b\nc.csv").write_text("b")
    (tmp_path / "secret").write_text("secret")
    links = {"link.csv": "data/a.csv", "out": "../secret", "folder": "data", "up": "..", "round": "round", "abs": "/"}
    for name, target in {**links, "gone": "nowhere", "proc": "/proc/self/environ"}.items():
        (root / name).symlink_to(target)
    os.mkfifo(root / "pipe")
    with (root / "huge").open("wb") as file:
        file.truncate(1 << 40)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(root / "socket"))
    return root


@pytest.mark.parametrize("path", ["data/a.csv", "./data/a.csv", "data//a.csv", "data/./a.csv"])
def test_a_regular_file_is_read(root: Path, path: str) -> None:
    assert Checkout(root).read(path, MOST) == b"a\n1\n"


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("link.csv", "link.csv is a symbolic link"),
        ("folder/a.csv", "folder/a.csv lies behind folder, a symbolic link"),
        ("out", "out is a symbolic link"),
        ("up/secret", "lies behind up, a symbolic link"),
        ("proc", "proc is a symbolic link"),
        ("gone", "gone is a symbolic link"),
        ("../secret", "leads out of the repository"),
        ("data/../../secret", "leads out of the repository"),
        ("/etc/passwd", "leads out of the repository"),
        ("data", "data is a folder"),
        ("", "is a folder"),
        ("pipe", "pipe is a pipe"),
        ("socket", "socket is a socket"),
        ("huge", "huge has 1,099,511,627,776 bytes; at most 1,000 are read"),
        ("a\0b", "is no path"),
        ("x" * 300, "cannot be looked at|cannot be opened"),
    ],
)
def test_anything_else_is_refused_in_one_line_that_names_it(root: Path, path: str, why: str) -> None:
    with pytest.raises(UnsafePathError, match=why) as caught:
        Checkout(root).read(path, MOST)
    assert "\n" not in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize("path", ["none", "none/a.csv", "data/a.csv/b"])
def test_what_is_not_there_is_not_found(root: Path, path: str) -> None:
    with pytest.raises(FileNotFoundError):
        Checkout(root).read(path, MOST)
    assert Checkout(root).status(path) is None


def test_a_device_is_not_opened(root: Path) -> None:
    try:
        os.mknod(root / "device", 0o600 | 0o020000, os.makedev(1, 3))
    except PermissionError:
        pytest.skip("only root makes devices")
    with pytest.raises(UnsafePathError, match="device is a device"):
        Checkout(root).read("device", MOST)


def test_names_with_line_breaks_stay_in_their_line(root: Path) -> None:
    (root / "x\ny\x1b[2J").symlink_to("data")
    with pytest.raises(UnsafePathError) as caught:
        Checkout(root).read("x\ny\x1b[2J", MOST)
    assert caught.value.message.isprintable()


def test_a_walk_yields_files_and_links_and_follows_none(root: Path) -> None:
    found = {str(path) for path in Checkout(root).walked()}
    assert {"data/a.csv", "data/deep/b\nc.csv", "folder", "out", "pipe", "up"} <= found
    assert not any(path.startswith(("folder/", "up/", "abs/")) for path in found)
    few = [str(path) for path in Checkout(root).walked(enters=lambda folder: folder.name != "data")]
    assert not any(path.startswith("data/") for path in few)


@pytest.mark.parametrize(
    ("path", "place"),
    [("folder/a.csv", "data/a.csv"), ("link.csv", "data/a.csv"), ("data/a.csv", "data/a.csv"), ("folder", "data")],
)
def test_links_that_stay_inside_can_be_resolved(root: Path, path: str, place: str) -> None:
    assert Checkout(root).resolved(path) == PurePosixPath(place)


@pytest.mark.parametrize("path", ["out", "up", "up/root/data", "abs/etc/passwd", "proc", "round"])
def test_links_that_lead_out_or_round_cannot(root: Path, path: str) -> None:
    with pytest.raises(UnsafePathError, match=r"leads out of the repository|in a circle"):
        Checkout(root).resolved(path)


def test_a_folder_that_is_swapped_for_a_link_while_it_is_read_never_leads_out(tmp_path: Path) -> None:
    root, other = tmp_path / "root", tmp_path / "other"
    for folder, text in ((root / "d", "inside"), (other, "outside"), (root / "spare", "inside")):
        folder.mkdir(parents=True)
        (folder / "f").write_text(text)
    (root / "link").symlink_to(other)
    done = threading.Event()

    def swap() -> None:
        while not done.is_set():
            for one, two in (("d", "kept"), ("link", "d"), ("d", "link"), ("kept", "d")):
                (root / one).rename(root / two)

    swapping = threading.Thread(target=swap)
    swapping.start()
    seen = set()
    try:
        for _ in range(3000):
            try:
                seen.add(Checkout(root).read("d/f", MOST))
            except (UnsafePathError, FileNotFoundError):
                continue
    finally:
        done.set()
        swapping.join()
    assert seen <= {b"inside"}


def opens(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and name of every call that opens, lists or moves a path."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        if isinstance(called, ast.Name) and called.id == "open":
            yield node.lineno, "open"
        elif isinstance(called, ast.Attribute):
            owner = called.value.id if isinstance(called.value, ast.Name) else ""
            if called.attr in FUNCTIONS.get(owner, ()) or (owner not in (*FUNCTIONS, "ast") and called.attr in METHODS):
                yield node.lineno, f"{owner}.{called.attr}"


def elsewhere(path: Path) -> str | None:
    """Which entry of the list lets a file open paths by itself."""
    name = path.relative_to(PACKAGE).as_posix()
    return next((entry for entry in ELSEWHERE if name == entry or (entry[-1] == "/" and name.startswith(entry))), None)


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_nothing_else_opens_a_path_that_a_commit_chooses(path: Path) -> None:
    if elsewhere(path) is None:
        assert list(opens(ast.parse(path.read_text()))) == []


def test_every_exception_is_needed() -> None:
    used = {elsewhere(path) for path in PACKAGE.rglob("*.py") if list(opens(ast.parse(path.read_text())))}
    assert set(ELSEWHERE) - used == set()


@pytest.mark.parametrize(
    "source",
    ["open('x')", "Path('x').read_text()", "import os\nos.open('x', 0)", "shutil.move(a, b)", "p.glob('*')"],
)
def test_the_walk_sees_an_opening(source: str) -> None:
    assert list(opens(ast.parse(source)))
