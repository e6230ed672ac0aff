"""What a run says of a crash and of a change that nothing reads: in the terminal and in the comment."""

from pathlib import Path

import pytest

from . import tiny
from .laptop import commit, gatebot, repository

pytestmark = pytest.mark.whole
START = "def train(rows, seed):\n"
WRITES = tiny.PIPELINE.replace(START, f'{START}    open("models/m.bin", "wb").close()\n')
LIBRARY = tiny.PIPELINE.replace(START, f'{START}    import json\n    json.loads("`](https://evil.example)@all")\n')


@pytest.mark.parametrize(
    ("pipeline", "told"),
    [
        (
            WRITES,
            ("pipeline.py:6", 'open("models/m.bin", "wb").close()', "No commit has the folder", "models"),
        ),
        (LIBRARY, ("pipeline.py:7", "json.decoder.JSONDecodeError", "frames deep in libraries", "frames of Python]")),
    ],
    ids=["a folder that is missing", "an error inside of a library"],
)
def test_a_crash_is_told_by_the_users_own_line(tmp_path: Path, pipeline: str, told: tuple[str, ...]) -> None:
    folder = repository(tmp_path / "tiny", tiny.files())
    commit(folder, {"pipeline.py": pipeline}, branch="harm")
    done = gatebot(folder, "run")
    assert done.code == 1, done.err
    comment = (folder / ".gatebot/comment.md").read_text()
    for text in told:
        assert text in " ".join(done.out.split()), text
    assert "It fails at `pipeline.py:" in comment
    assert "](https://evil" not in comment.partition("<details>")[0], "it is quoted in a fence alone"
    assert comment.index("It fails at") < comment.index("Run the command that the report gives")


def test_a_change_that_nothing_reads_passes_with_that_sentence(tmp_path: Path) -> None:
    folder = repository(tmp_path / "tiny", tiny.files(paths='paths: ["**"]') | {"docs/x.py": "x = 1\n"})
    commit(folder, {"docs/x.py": "x = 2\n", "NOTES.md": "words\n"}, branch="words")
    done = gatebot(folder, "run")
    assert done.code == 0, done.err
    said = "None of the changed files is read by training or predicting: "
    assert f"{said}NOTES.md, docs/x.py" in " ".join(done.out.split())
    assert f"{said}`NOTES.md`, `docs/x.py`." in (folder / ".gatebot/comment.md").read_text()
