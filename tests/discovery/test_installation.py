"""How the environment of a repository is installed, file by file, and what is said where it cannot be."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from gatebot.config.load import parse
from gatebot.discovery.code import module
from gatebot.discovery.configuration import text
from gatebot.discovery.installation import PIP, Setup, setup_of
from gatebot.discovery.proposal import propose
from gatebot.discovery.repository_files import repository_files
from tests.collect.repository import write

UV = "uv sync --frozen --inexact --no-dev"
BUILD = '[build-system]\nrequires = ["setuptools"]\n'
PROJECT = f'{BUILD}[project]\nname = "own-name"\ndependencies = ["pandas>=2,<3", "scikit-learn"]\n'
POETRY = '[tool.poetry]\nname = "own-name"\n'
CONDA = "name: x\ndependencies:\n  - python=3.11\n  - pandas\n"
BY_PIP = "dependencies:\n  - python=3.11\n  - pip\n  - pip:\n    - pandas==2.1.0\n    - 'scikit-learn>=1.4'\n"
TRAINS = "import os\nimport sklearn.linear_model\nfrom pandas import read_csv\nfrom helpers import x\nfrom . import y\n"


def found(root: Path, files: dict[str, str], here: tuple[str, ...] = ()) -> Setup | None:
    write(root, files)
    listed = repository_files(root)
    modules = [one for path in listed.named("*.py") if (one := module(path, listed.text(path), {})) is not None]
    return setup_of(listed, modules, lambda name: f"/bin/{name}" if name in here else None)


CASES: dict[str, tuple[dict[str, str], str, tuple[str, ...]]] = {
    "requirements": ({"requirements.txt": "pandas\n"}, f"{PIP} -r requirements.txt", ("requirements.txt",)),
    "requirements with hashes": (
        {"requirements.txt": "pandas==2.1.0 --hash=sha256:aa\n"},
        f"{PIP} --require-hashes -r requirements.txt",
        ("requirements.txt",),
    ),
    "requirements that include others": (
        {"requirements.txt": "-r m/a.txt", "m/a.txt": "--constraint=b.txt\n-r ../x.txt\n", "m/b.txt": "", "x.txt": ""},
        f"{PIP} -r requirements.txt",
        ("requirements.txt", "m/a.txt", "m/b.txt", "x.txt"),
    ),
    "a lock before what it was made from": (
        {"requirements.txt": "", "requirements.lock": ""},
        f"{PIP} -r requirements.lock",
        ("requirements.lock",),
    ),
    "requirements and a package below src": (
        {"requirements.txt": "", "pyproject.toml": PROJECT, "src/own/__init__.py": ""},
        f"{PIP} -r requirements.txt\n{PIP} --no-deps -e .",
        ("requirements.txt", "pyproject.toml"),
    ),
    "uv": (
        {"uv.lock": "", "pyproject.toml": PROJECT, "requirements.txt": ""},
        f"{PIP} uv\n{UV}",
        ("uv.lock", "pyproject.toml"),
    ),
    "poetry with a package": (
        {"poetry.lock": "", "pyproject.toml": POETRY, "own_name/__init__.py": ""},
        f"{PIP} poetry\npoetry install --only main --no-interaction",
        ("poetry.lock", "pyproject.toml"),
    ),
    "poetry without a package": (
        {"poetry.lock": "", "pyproject.toml": POETRY},
        f"{PIP} poetry\npoetry install --only main --no-interaction --no-root",
        ("poetry.lock", "pyproject.toml"),
    ),
    "a project with one package": (
        {"pyproject.toml": PROJECT, "own_name/__init__.py": ""},
        f"{PIP} -e .",
        ("pyproject.toml",),
    ),
    "a project whose packages setuptools would not find": (
        {"pyproject.toml": PROJECT, "models/a.py": "", "data/a.csv": ""},
        f"{PIP} 'pandas>=2,<3' scikit-learn",
        ("pyproject.toml",),
    ),
    "dynamic dependencies": (
        {"pyproject.toml": '[project]\nname = "x"\ndynamic = ["dependencies"]\n', "a/a.py": "", "b/b.py": ""},
        f"{PIP} -e .",
        ("pyproject.toml",),
    ),
    "setup.cfg": (
        {"setup.cfg": "[metadata]\nname = x\n[options]\ninstall_requires =\n    pandas\n"},
        f"{PIP} -e .",
        ("setup.cfg",),
    ),
    "setup.py": ({"setup.py": "", "setup.cfg": "[flake8]\n"}, f"{PIP} -e .", ("setup.py",)),
    "conda that only asks for pip": (
        {"environment.yml": BY_PIP},
        f"{PIP} pandas==2.1.0 'scikit-learn>=1.4'",
        ("environment.yml",),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_commands_and_the_lock_that_fit(case: str, tmp_path: Path) -> None:
    files, command, lock = CASES[case]
    setup = found(tmp_path, files)
    assert setup is not None
    assert (setup.command, setup.lock, setup.notes) == (command, lock, ())


@pytest.mark.parametrize(
    "files",
    [
        {"pyproject.toml": "[tool.ruff]\nline-length = 99\n"},
        {"setup.cfg": "[flake8]\nmax-line-length = 99\n"},
        {"pyproject.toml": "[project\n"},
        {"setup.cfg": "no section\n"},
        {"environment.yml": "KEY: value\n"},
        {"environment.yml": "dependencies: [pip: ['\"']]\n"},
        {"train.py": "import os, json\n"},
        {},
    ],
)
def test_files_that_install_nothing_are_no_way_to_install(files: dict[str, str], tmp_path: Path) -> None:
    assert found(tmp_path, files) is None


@pytest.mark.parametrize(
    ("here", "python", "said"),
    [
        (("conda", "micromamba"), ".conda/bin/python", "`conda env create --prefix .conda --file environment.yml`"),
        (("micromamba",), ".conda/bin/python", "`micromamba create --yes --prefix .conda --file environment.yml`"),
        ((), "", "asks for conda, which is not here"),
        ((), "", "`conda env create --prefix .conda --file environment.yml`, and `smoke.python: .conda/bin/python`"),
    ],
)
def test_an_environment_of_condas_is_made_by_its_owner(
    here: tuple[str, ...], python: str, said: str, tmp_path: Path
) -> None:
    setup = found(tmp_path, {"environment.yml": CONDA}, here)
    assert setup is not None
    assert (setup.command, setup.python, setup.lock, setup.ignored) == ("", python, ("environment.yml",), (".conda/",))
    assert said in setup.notes[0]


def test_without_a_file_what_the_code_imports_is_named_by_its_distributions(tmp_path: Path) -> None:
    setup = found(tmp_path, {"train.py": TRAINS, "helpers.py": "import yaml\n"})
    assert setup is not None
    assert (setup.command, setup.lock, setup.instead) == ("", (), f"{PIP} pandas PyYAML scikit-learn")
    assert "must have pandas, PyYAML, scikit-learn;" in setup.notes[0]
    assert "pip freeze > requirements.txt" in setup.notes[0]


NATIVE = "import pandas\ndef train(rows):\n    return 1\n\ndef predict(model, rows):\n    return [0] * len(rows)\n"
HOSTILE = '[project]\nname = "x"\ndependencies = ["pandas\\nmodel: {run: evil}", "a # b"]\n'


@pytest.mark.parametrize(
    ("files", "smoke"),
    [
        ({"requirements.txt": ""}, {"setup": f"{PIP} -r requirements.txt", "lock": ["requirements.txt"]}),
        ({"uv.lock": ""}, {"setup": f"{PIP} uv\n{UV}\n", "lock": ["uv.lock", "pyproject.toml"]}),
        ({"environment.yml": CONDA}, None),
        ({}, None),
        ({"pyproject.toml": HOSTILE, "a/a.py": "", "b/b.py": ""},
         {"setup": f"{PIP} 'pandas model: {{run: evil}}' 'a # b'", "lock": ["pyproject.toml"]}),
    ],
)  # fmt: skip
def test_it_is_written_so_that_it_can_be_read_again(
    files: dict[str, str], smoke: dict[str, Any] | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    rows = "a,b,y\n" + "".join(f"{at},{at * 7 % 5},{at % 2}\n" for at in range(40))
    write(tmp_path, {"pipeline.py": NATIVE, "data.csv": rows, **files})
    written = text(propose(tmp_path, target="y"))
    assert yaml.safe_load(written).get("smoke") == smoke
    parse(written, "what was written")
    assert ("# no file says what is to be installed" in written) is (files == {})
