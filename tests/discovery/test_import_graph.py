"""What a training reaches is followed by imports, commands and names; what is said never to be called is not."""

from pathlib import Path, PurePosixPath

import pytest

from gatebot.discovery.code import module
from gatebot.discovery.entrypoints import Commands, Native, Script, Way
from gatebot.discovery.import_graph import reached
from gatebot.discovery.repository_files import repository_files

BASE = {"train.py": "", "preprocess.py": "", "lib/__init__.py": "", "lib/features.py": "", "lib/plots.py": ""}
TRAIN = Native("train.py")


def _script(*words: str) -> Script:
    return Script((words,), (), "model.pkl")


@pytest.mark.parametrize(
    ("way", "texts", "called"),
    [
        (TRAIN, {}, ["train.py"]),
        (TRAIN, {"train.py": "import preprocess\n"}, ["preprocess.py", "train.py"]),
        (TRAIN, {"train.py": "from lib import features\n"}, ["lib/features.py", "train.py"]),
        (TRAIN, {"train.py": "import lib.features as f\n"}, ["lib/features.py", "train.py"]),
        (
            TRAIN,
            {"train.py": "from lib.features import x\n", "lib/features.py": "from . import plots\n"},
            ["lib/features.py", "lib/plots.py", "train.py"],
        ),
        (
            TRAIN,
            {"train.py": "from lib.features import x\n", "lib/features.py": "from .plots import y\n"},
            ["lib/features.py", "lib/plots.py", "train.py"],
        ),
        (TRAIN, {"train.py": "def f():\n    import preprocess\n"}, ["preprocess.py", "train.py"]),
        (TRAIN, {"train.py": 'run(["python", "preprocess.py"])\n'}, ["preprocess.py", "train.py"]),
        (TRAIN, {"train.py": "import sklearn.features\n"}, ["train.py"]),
        (_script("python", "-m", "lib.features"), {}, ["lib/features.py"]),
        (_script("make", "train"), {"Makefile": "train:\n\tpython train.py\n"}, ["train.py"]),
        (
            Commands("sh run.sh {train}", "sh run.sh {model}", "run.sh"),
            {"run.sh": "python ./preprocess.py && python train.py\n"},
            ["preprocess.py", "train.py"],
        ),
    ],
)
def test_what_is_called(way: Way, texts: dict[str, str], called: list[str], tmp_path: Path) -> None:
    for name, text in {**BASE, **texts}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    files = repository_files(tmp_path)
    modules = [found for path in files.named("*.py") if (found := module(path, files.text(path), {})) is not None]
    seen = reached(files, modules, way)
    assert sorted(map(str, seen.called)) == called
    assert sorted(map(str, seen.never)) == sorted({name for name in BASE if "__" not in name} - set(called))


def test_nothing_is_said_of_what_cannot_be_followed(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("x = 1\n")
    files = repository_files(tmp_path)
    found = module(PurePosixPath("train.py"), "x = 1\n", {})
    assert found is not None
    assert reached(files, [found], Commands("Rscript a.R", "Rscript b.R", "a.R")).never == ()
