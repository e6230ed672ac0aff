"""Landlock's data: sizes by kernel version, and rights that exist for what a path is."""

from pathlib import Path

import pytest

from gatebot.sandbox import landlock


@pytest.mark.parametrize(("abi", "size"), [(2, 8), (3, 8), (4, 16), (5, 16), (6, 24), (7, 24), (9, 24)])
def test_older_kernels_get_the_structure_they_know(abi: int, size: int) -> None:
    assert len(landlock.ruleset(abi, network=False)) == size


@pytest.mark.parametrize("network", [False, True])
def test_tcp_is_closed_unless_allowed(network: bool) -> None:
    tcp = landlock.ruleset(4, network=network)[8:16]
    assert any(tcp) is not network


def test_files_get_no_rights_of_directories(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    rules = dict(landlock.rules(7, readable=[file], writable=[tmp_path], network=False))
    assert rules[str(file)] == landlock.EXECUTE | landlock.READ_FILE
    assert rules[str(tmp_path)] == (1 << 16) - 1
    assert rules["/usr"] == landlock.READ
    assert not rules["/dev/null"] & landlock.READ_DIR


def test_what_is_covered(tmp_path: Path) -> None:
    assert landlock.covers([tmp_path], tmp_path / "a")
    assert landlock.covers([], Path("/usr/bin/python3"))
    assert not landlock.covers([tmp_path / "a"], tmp_path)
    assert not landlock.covers([tmp_path / "a"], tmp_path / "ab")
