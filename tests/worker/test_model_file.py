import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gatebot.worker import model_file


def test_the_users_own_save_and_load_come_first(tmp_path: Path) -> None:
    path = str(tmp_path / "model")
    module = SimpleNamespace(
        save=lambda model, where: Path(where).write_text(model), load=lambda where: Path(where).read_text() + "!"
    )
    assert model_file.save(module, "weights", path) == ("user", "")
    assert model_file.load(module, path, "user") == "weights!"


@pytest.mark.parametrize("model", [{"a": [1, 2]}, "text", None])
def test_else_it_is_pickled(tmp_path: Path, model: Any) -> None:
    path = str(tmp_path / "model")
    saved, why = model_file.save(SimpleNamespace(), model, path)
    assert (saved in model_file.PICKLERS, why) == (True, "")
    assert model_file.load(SimpleNamespace(), path, saved) == model


def test_what_cannot_be_a_file_says_why_and_leaves_none(tmp_path: Path) -> None:
    path = tmp_path / "model"
    saved, why = model_file.save(SimpleNamespace(), threading.Lock(), str(path))
    assert saved is None
    assert "pickle" in why
    assert not path.exists()


def test_a_pickle_that_does_not_open_is_ours_to_say(tmp_path: Path) -> None:
    path = tmp_path / "model"
    path.write_bytes(b"nonsense")
    with pytest.raises(model_file.NotLoadableError):
        model_file.load(SimpleNamespace(), str(path), "pickle")
