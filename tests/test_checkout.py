"""Files of a hostile checkout: nothing outside of it is reached, and every refusal says which path and why."""

import os
import socket
import threading
from pathlib import Path, PurePosixPath

import pytest

from gatebot.checkout import Checkout, UnsafePathError

MOST = 1000


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
    assert not any(path.startswith("data/") for path in map(str, Checkout(root).walked(skip=frozenset({"data"}))))


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
