"""Paths that code computes from its own place."""

import ast
from pathlib import PurePosixPath

import pytest

from gatebot.discovery.code import module
from gatebot.discovery.file_paths import assigned, rooted_path

FILE = PurePosixPath("backend/app/train.py")


@pytest.mark.parametrize(
    ("code", "path"),
    [
        ('Path(__file__).parent / "m.pkl"', "backend/app/m.pkl"),
        ('Path(__file__).resolve().parents[2] / "models" / "m.pkl"', "models/m.pkl"),
        ('Path(__file__).absolute().parent.parent.joinpath("m.pkl")', "backend/m.pkl"),
        ('str(pathlib.Path(__file__).parent / "m.pkl")', "backend/app/m.pkl"),
        ('os.path.join(os.path.dirname(__file__), "..", "m.pkl")', "backend/m.pkl"),
        ('os.path.join(dirname(dirname(os.path.abspath(__file__))), "data/a.csv")', "backend/data/a.csv"),
        ('os.path.abspath(os.path.join(HERE, "..", "..", NAME))', "models"),
        ('os.path.join(FOLDER, "m.pkl")', "models/m.pkl"),
        ('Path(__file__).parents[4] / "m.pkl"', None),
        ('os.path.join(unknown, "m.pkl")', None),
        ('os.path.join(HERE, unknown, "m.pkl")', None),
        ('os.path.join(TWICE, "m.pkl")', None),
        ('Path("data") / "a.csv"', None),
        ('", ".join(parts)', None),
        ("LOOP", None),
        ("os.path.join()", None),
    ],
)
def test_path(code: str, path: str | None) -> None:
    names = assigned(
        ast.parse(
            "HERE = os.path.dirname(os.path.abspath(__file__))\nNAME = 'models'\nLOOP = LOOP\n"
            "FOLDER = os.path.abspath(os.path.join(HERE, '..', '..', NAME))\n"
            "TWICE = HERE\nTWICE = FOLDER\n"
        )
    )
    assert rooted_path(ast.parse(code, mode="eval").body, FILE, names) == path


def test_the_saved_model_is_found_by_it() -> None:
    found = module(
        FILE,
        "def train():\n    here = os.path.dirname(os.path.abspath(__file__))\n"
        "    folder = os.path.abspath(os.path.join(here, '..', '..', 'models'))\n"
        "    joblib.dump(model, os.path.join(folder, 'm.joblib'))\n",
        {},
    )
    assert found is not None
    assert found.dumps == ["models/m.joblib"]
