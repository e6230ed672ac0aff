"""A Python file that is not there is named before anything is trained, with the nearest one."""

from pathlib import Path, PurePosixPath

import pytest

from gatebot.errors import UsageError
from gatebot.run.model_file import require_model_file
from tests.collect.repository import document

FOLDER = PurePosixPath("models")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "pipeline.py").write_text("")
    (tmp_path / "shared.py").write_text("")
    (tmp_path / "models" / "linked.py").symlink_to("../shared.py")
    return tmp_path


@pytest.mark.parametrize("model", [{"python": "pipeline.py"}, {"python": "linked.py"}, {"run": "make evaluate"}])
def test_what_is_there(model: dict[str, str], root: Path) -> None:
    require_model_file(root, FOLDER, document(model=model).recipe)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("pipelin.py", "Did you mean `pipeline.py`?"),
        ("x.py", "Python files there: linked.py, pipeline.py."),
        ("none/x.py", "Python files there: none."),
    ],
)
def test_what_is_not(name: str, hint: str, root: Path) -> None:
    with pytest.raises(UsageError, match=f"`model.python: {name}` does not exist") as caught:
        require_model_file(root, FOLDER, document(model={"python": name}).recipe)
    assert hint in caught.value.hint
