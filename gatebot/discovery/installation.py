"""Finds out how the environment of user code is installed, and what cannot be installed from here."""

import ast
import os
import re
import shlex
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from configparser import ConfigParser
from configparser import Error as ConfigError
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from gatebot.discovery.code import Module
from gatebot.discovery.repository_files import RepositoryFiles

PIP = "pip install --quiet --disable-pip-version-check"
REQUIREMENTS = ("requirements.lock", "requirements.txt", "requirements/base.txt", "requirements/prod.txt")
ENVIRONMENTS = ("environment.yml", "environment.yaml", "conda.yml", "conda.yaml")
CONDA_FOLDER = ".conda"
MOST_INCLUDED = 20
MOST_NAMED = 8
CONDAS = {
    "conda": "conda env create --prefix {folder} --file {file}",
    "mamba": "mamba env create --prefix {folder} --file {file}",
    "micromamba": "micromamba create --yes --prefix {folder} --file {file}",
}
"""The programs that can make an environment of conda's, with the command that does."""
OTHER_NAMES = {
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python-headless",
    "dateutil": "python-dateutil",
    "dotenv": "python-dotenv",
    "PIL": "Pillow",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "yaml": "PyYAML",
}
"""Distributions whose name is not that of their module."""
_INCLUDED = re.compile(r"^\s*(?:-r|-c|--requirement|--constraint)[ =]\s*(\S+)", re.MULTILINE)
_NO_PACKAGES = frozenset(
    {"bin", "benchmarks", "build", "ci", "doc", "docs", "documentation", "example", "examples", "exercises", "htmlcov"}
    | {"news", "notebook", "notebooks", "python", "scripts", "tasks", "test", "tests", "tools", "util", "utils"}
)
"""Folders at the root that setuptools does not take for packages."""

Finds = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Setup:
    """How to install the environment of user code.

    Attributes:
        command: the commands, one a line; empty where nothing can be installed from here.
        lock: the files that list what is installed.
        why: the file that it follows from.
        python: the interpreter of an environment that somebody else makes; empty otherwise.
        notes: what is left to do, one sentence each.
        ignored: folders that git has to ignore.
        instead: commands that may do, where no file says what to install.
    """

    command: str
    lock: tuple[str, ...]
    why: str
    python: str = ""
    notes: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    instead: str = ""


def setup_of(files: RepositoryFiles, modules: Iterable[Module], finds: Finds = shutil.which) -> Setup | None:
    """Return the first way of installation that the repository offers; None if nothing has to be installed.

    Args:
        files: the repository.
        modules: its Python files.
        finds: returns the path of a program on this machine.
    """
    project = _toml(files, "pyproject.toml")
    ways = (_uv, _poetry, _requirements, _conda, _pyproject, _setuptools)
    found = next((setup for way in ways if (setup := way(files, project, finds)) is not None), None)
    return found or _nothing_said(files, modules)


def _uv(files: RepositoryFiles, _project: dict[str, Any], _finds: Finds) -> Setup | None:
    if "uv.lock" not in files:
        return None
    command = f"{PIP} uv\nuv sync --frozen --inexact --no-dev"  # exact: it would remove itself
    return Setup(command, ("uv.lock", "pyproject.toml"), "uv.lock")


def _poetry(files: RepositoryFiles, project: dict[str, Any], _finds: Finds) -> Setup | None:
    if "poetry.lock" not in files:
        return None
    poetry = _table(project, "tool", "poetry")
    named = str(poetry.get("name") or _table(project, "project").get("name") or "").replace("-", "_").lower()
    packaged = "packages" in poetry or any(f"{place}{named}/__init__.py" in files for place in ("", "src/"))
    root = "" if packaged and poetry.get("package-mode", True) is not False else " --no-root"
    command = f"{PIP} poetry\npoetry install --only main --no-interaction{root}"
    return Setup(command, ("poetry.lock", "pyproject.toml"), "poetry.lock")


def _requirements(files: RepositoryFiles, project: dict[str, Any], _finds: Finds) -> Setup | None:
    name = next((each for each in REQUIREMENTS if each in files), None)
    if name is None:
        return None
    lock = _with_included(files, name)
    hashed = any("--hash=" in files.text(PurePosixPath(each)) for each in lock)
    command = f"{PIP}{' --require-hashes' if hashed else ''} -r {shlex.quote(name)}"
    if not any(path.parts[0] == "src" and path.name == "__init__.py" for path in files.paths):
        return Setup(command, lock, name)
    own = [each for each in ("pyproject.toml", "setup.py", "setup.cfg") if _describes(files, project, each)]
    if own:  # what lies below src/ is found only where it is installed
        command, lock = f"{command}\n{PIP} --no-deps -e .", (*lock, *own)
    return Setup(command, lock, name)


def _with_included(files: RepositoryFiles, name: str) -> tuple[str, ...]:
    """Return a file of requirements and the files that it includes."""
    found: list[str] = []
    queue = [name]
    while queue and len(found) < MOST_INCLUDED:
        path = PurePosixPath(queue.pop(0))
        if str(path) in found or str(path) not in files:
            continue
        found.append(str(path))
        queue += [os.path.normpath(path.parent / other) for other in _INCLUDED.findall(files.text(path))]
    return tuple(found)


def _conda(files: RepositoryFiles, _project: dict[str, Any], finds: Finds) -> Setup | None:
    name = next((each for each in ENVIRONMENTS if each in files), None)
    listed = None if name is None else _dependencies(files, name)
    if name is None or listed is None:
        return None
    plain, by_pip = listed
    if by_pip and all(re.match(r"(python|pip)\b", each) for each in plain):
        return Setup(f"{PIP} {shlex.join(by_pip)}", (name,), name)
    tool = next((tool for tool in CONDAS if finds(tool)), None)
    command = CONDAS[tool or "conda"].format(folder=CONDA_FOLDER, file=name)
    python = f"{CONDA_FOLDER}/bin/python"
    if tool is None:
        note = (
            f"{name} asks for conda, which is not here, so that training runs in the Python on the PATH; with conda:"
            f" `{command}`, and `smoke.python: {python}` in gatebot.yml"
        )
        return Setup("", (name,), name, notes=(note,), ignored=(f"{CONDA_FOLDER}/",))
    note = f"make the environment, here and in a step of the workflow, and again where {name} changes: `{command}`"
    return Setup("", (name,), name, python=python, notes=(note,), ignored=(f"{CONDA_FOLDER}/",))


def _dependencies(files: RepositoryFiles, name: str) -> tuple[list[str], list[str]] | None:
    """Return what an environment of conda's installs, and what pip installs into it; None if it is none."""
    import yaml

    try:
        value = yaml.safe_load(files.text(PurePosixPath(name)))
    except yaml.YAMLError:
        return None
    listed = value.get("dependencies") if isinstance(value, dict) else None
    if not isinstance(listed, list):
        return None
    plain = [each for each in listed if isinstance(each, str)]
    tables = [each["pip"] for each in listed if isinstance(each, dict) and isinstance(each.get("pip"), list)]
    try:
        return plain, [" ".join(word.split()) for table in tables for each in table for word in shlex.split(str(each))]
    except ValueError:  # a quote that is not closed
        return None


def _pyproject(files: RepositoryFiles, project: dict[str, Any], _finds: Finds) -> Setup | None:
    if not _describes(files, project, "pyproject.toml"):
        return None
    described = _table(project, "project")
    asked = [" ".join(each.split()) for each in _texts(described.get("dependencies"))]
    if "dependencies" in _texts(described.get("dynamic")) or _installs_itself(files, project):
        return Setup(f"{PIP} -e .", ("pyproject.toml",), "pyproject.toml")
    if not asked:
        return None
    return Setup(f"{PIP} {shlex.join(asked)}", ("pyproject.toml",), "pyproject.toml")


def _installs_itself(files: RepositoryFiles, project: dict[str, Any]) -> bool:
    """Return whether a project can be installed: its tool is told which packages it has, or finds a single one."""
    tools = _table(project, "tool")
    setuptools = _table(tools, "setuptools")
    if "setup.py" in files or any(key in setuptools for key in ("packages", "py-modules", "package-dir")):
        return True
    if any(path.match("src/*/*.py") for path in files.paths):
        return True
    folders = {path.parts[0] for path in files.paths if len(path.parts) > 1} - _NO_PACKAGES
    backend = str(_table(project, "build-system").get("build-backend", "setuptools"))
    if not backend.startswith("setuptools"):
        name = re.sub(r"[-.]+", "_", str(_table(project, "project").get("name", ""))).lower()
        return f"{name}/__init__.py" in files or any(tool in tools for tool in ("hatch", "flit", "pdm", "poetry"))
    return len(folders) == 1 or not (folders or len(files.named("*.py")) > 1)


def _setuptools(files: RepositoryFiles, project: dict[str, Any], _finds: Finds) -> Setup | None:
    own = tuple(name for name in ("setup.py", "setup.cfg") if _describes(files, project, name))
    return Setup(f"{PIP} -e .", own, own[0]) if own else None


def _describes(files: RepositoryFiles, project: dict[str, Any], name: str) -> bool:
    """Return whether a file is there and says what is installed: many only configure linters."""
    if name not in files:
        return False
    if name == "pyproject.toml":
        return "project" in project
    if name == "setup.cfg":
        parser = ConfigParser(interpolation=None, strict=False)
        try:
            parser.read_string(files.text(PurePosixPath(name)))
        except ConfigError:
            return False
        return parser.has_section("options") or parser.has_option("metadata", "name")
    return True


def _nothing_said(files: RepositoryFiles, modules: Iterable[Module]) -> Setup | None:
    """Return what the code imports and no file asks for; None if it imports the standard library alone."""
    names = {name for module in modules for name in _imported(files.text(module.path))}
    own = {part for path in files.paths for part in (*path.parts[:-1], path.stem)}
    foreign = names - own - sys.stdlib_module_names
    missing = sorted((OTHER_NAMES.get(name, name) for name in foreign), key=str.lower)
    if not missing:
        return None
    shown = ", ".join(missing[:MOST_NAMED]) + (
        "" if len(missing) <= MOST_NAMED else f" and {len(missing) - MOST_NAMED} more"
    )
    note = (
        f"no file says what is to be installed: training runs in the Python on the PATH, which must have {shown}; a"
        " workflow has it only if `smoke.setup` installs it. `pip freeze > requirements.txt` writes what you have, and"
        " `gatebot init --force` then writes the key"
    )
    return Setup("", (), "", notes=(note,), instead=f"{PIP} {shlex.join(missing)}")


def _imported(text: str) -> Iterator[str]:
    """Yield the first parts of the modules that a file imports."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def _toml(files: RepositoryFiles, name: str) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(files.text(PurePosixPath(name))) if name in files else {}
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}


def _texts(value: object) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _table(value: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return an inner table; empty if there is none."""
    for name in names:
        inner = value.get(name)
        value = inner if isinstance(inner, dict) else {}
    return value
