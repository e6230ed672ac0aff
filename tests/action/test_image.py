"""The Dockerfile and its lock: what may go into the image, and that it is all of what gatebot needs."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
LOCK = (ROOT / "requirements.lock").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def locked() -> dict[str, str]:
    return {canonicalize_name(name): version for name, version in re.findall(r"^([\w.-]+)==(\S+)", LOCK, re.MULTILINE)}


@pytest.mark.parametrize("text", PROJECT["dependencies"])
def test_lock_satisfies_the_project(text: str) -> None:
    wanted = Requirement(text)
    assert wanted.specifier.contains(locked()[canonicalize_name(wanted.name)])


def test_lock_says_by_hash_what_and_nowhere_from_where() -> None:
    entries = re.split(r"\n(?=[\w.-]+==)", LOCK)[1:]
    assert len(entries) == len(locked()) - (0 if LOCK.startswith("#") else 1)
    assert all("--hash=sha256:" in entry for entry in entries)
    assert not re.search(r"https?:|index-url|find-links|file:", LOCK)


def test_everything_locked_is_asked_for_by_the_project_or_by_something_locked() -> None:
    asked = {canonicalize_name(Requirement(text).name) for text in PROJECT["dependencies"]}
    reasons = re.findall(r"^([\w.-]+)==.*?# via(.*?)(?=^[\w.-]+==|\Z)", LOCK, re.MULTILINE | re.DOTALL)
    for name, via in reasons:
        sources = {source for source in re.findall(r"[\w.-]+", re.sub(r"\([^)]*\)", "", via)) if source != "gatebot"}
        assert canonicalize_name(name) in asked or sources & set(locked()), name


def test_dockerfile_builds_where_there_is_no_registry_for_frontends() -> None:
    assert not re.search(r"^#\s*syntax\s*=", DOCKERFILE, re.MULTILINE | re.IGNORECASE)
    assert "<<" not in DOCKERFILE


def test_dockerfile_pins_its_base_by_digest() -> None:
    bases = re.findall(r"^ARG PYTHON_IMAGE=(\S+)", DOCKERFILE, re.MULTILINE)
    assert len(bases) == 1
    assert re.fullmatch(r"python:3\.11\.\d+-slim-bookworm@sha256:[0-9a-f]{64}", bases[0])
    assert re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE) == ["${PYTHON_IMAGE}"] * 2


def test_dockerfile_leaves_the_user_alone_and_uses_no_shell_to_start() -> None:
    assert not re.search(r"^USER\b", DOCKERFILE, re.MULTILINE)
    assert re.findall(r"^ENTRYPOINT (.*)", DOCKERFILE, re.MULTILINE) == ['["/opt/venv/bin/gatebot"]']


def test_context_holds_what_is_copied_and_nothing_else() -> None:
    copied = set(re.findall(r"^COPY (?!--from)(\S+)", DOCKERFILE, re.MULTILINE))
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert copied == allowed
    assert all((ROOT / name).exists() for name in copied)
