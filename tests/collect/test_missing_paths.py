"""What code asks for beside its own files is there while it trains, or the advice names it: with real repositories."""

import subprocess
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import pytest

from gatebot.collect import Tree, collect
from gatebot.collect.workspace import make_folders
from gatebot.evidence.effects import Ending
from gatebot.evidence.missing_path import Absence, MissingPath
from gatebot.evidence.need import Side
from gatebot.evidence.predictions import Predict, Predictions
from gatebot.evidence.training import Fit, Training
from tests.collect.repository import PIPELINE, document, git, job, repository, tickets, with_folds, write

pytestmark = pytest.mark.whole
FIT = Fit(Side.HEAD)


def opening(path: str, mode: str = "r", function: str = "train") -> str:
    """The pipeline, which opens a file first."""
    anchor = f"def {function}("
    before, _, after = PIPELINE.partition(anchor)
    head, _, body = after.partition("\n")
    made = f'    import os; path = os.path.expanduser({path!r})\n    open(path, "{mode}").close()\n'
    return f"{before}{anchor}{head}\n{made}{body}"


def trained(root: Path, cache: Path, folder: str = ".") -> Training:
    config = document()
    tree = Tree(root, config.recipe, folder=PurePosixPath(folder))
    found = collect([FIT], job(root, cache, config, trees={Side.HEAD: tree}))[Side.HEAD].get(FIT, Training)
    assert found is not None
    return found


def there(root: Path) -> None:
    write(root, {"params.yaml": "depth: 3\n", "sub/lookup.csv": "a\n", "pipeline.py": opening("params.yaml")})


def lookup(root: Path) -> None:
    write(root, {"sub/lookup.csv": "a\n", "pipeline.py": opening("sub/lookup.csv")})


def above(root: Path) -> None:
    write(root, {"data/x.csv": "a\n", "one/pipeline.py": opening("../data/x.csv")})
    write(root, {"one/data/tickets.csv": with_folds(tickets())})


def empty_folder(root: Path) -> None:
    (root / "models/deep").mkdir(parents=True)
    write(root, {"pipeline.py": opening("models/deep/x.pkl", "w")})


def ignored_folder(root: Path) -> None:
    write(root, {".gitignore": "outputs/\n", "outputs/old.txt": "x", "pipeline.py": opening("outputs/new.txt", "w")})


def folder_of_the_data(root: Path) -> None:
    write(root, {"pipeline.py": opening("data/made.csv", "w")})


@pytest.mark.parametrize(
    ("make", "folder"),
    [*((make, ".") for make in (there, lookup, empty_folder, ignored_folder, folder_of_the_data)), (above, "one")],
)
def test_it_is_there(open_path: Path, shared_cache: Path, make: Callable[[Path], None], folder: str) -> None:
    root = repository(open_path / "repo")
    make(root)
    assert trained(root, shared_cache, folder).effects.ended is Ending.OK


def the_data(root: Path) -> None:
    write(root, {"pipeline.py": opening("data/tickets.csv")})


def ignored(root: Path) -> None:
    write(root, {".gitignore": "*.bin\n", "weights.bin": "x", "pipeline.py": opening("weights.bin")})


def ignored_and_not_here(root: Path) -> None:
    write(root, {".gitignore": "raw/\n", "pipeline.py": opening("raw/x.csv")})


def no_folder(root: Path) -> None:
    write(root, {"pipeline.py": opening("models/deep/x.pkl", "w")})


def outside(root: Path) -> None:
    write(root.parent, {"data/x.csv": "a\n"})
    write(root, {"pipeline.py": opening("../data/x.csv")})


def at_home(root: Path) -> None:
    write(root, {"pipeline.py": opening("/srv/tables/x.csv")})


def submodule(root: Path) -> None:
    other = repository(root.parent / "other", {"words.txt": "x"})
    git(root, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other), "vendor/words")
    git(root, "commit", "-qm", "submodule")
    git(root, "submodule", "--quiet", "deinit", "--force", "vendor/words")
    write(root, {"pipeline.py": opening("vendor/words/words.txt")})


def pointer(root: Path) -> None:
    oid = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "a" * 64 + "\nsize 12345\n"
    start = "def train(rows, seed, report):\n"
    code = PIPELINE.replace(start, f"{start}    import json; json.load(open('w.json'))\n")
    write(root, {".gitattributes": "*.json filter=lfs diff=lfs merge=lfs -text\n", "w.json": oid, "pipeline.py": code})


def nothing_known(root: Path) -> None:
    write(root, {"pipeline.py": opening("typo.csv")})


def no_path(root: Path) -> None:
    write(root, {"pipeline.py": PIPELINE.replace("len(rows)}", "1 / 0}")})


CASES: dict[Callable[[Path], None], MissingPath | None] = {
    the_data: MissingPath("data/tickets.csv", Absence.DATA),
    ignored: MissingPath("weights.bin", Absence.IGNORED),
    ignored_and_not_here: MissingPath("raw/x.csv", Absence.IGNORED),
    no_folder: MissingPath("models/deep/x.pkl", Absence.FOLDER, "models"),
    outside: MissingPath("../data/x.csv", Absence.OUTSIDE),
    at_home: MissingPath("/srv/tables/x.csv", Absence.OUTSIDE),
    submodule: MissingPath("vendor/words/words.txt", Absence.SUBMODULE, "vendor/words"),
    pointer: MissingPath("w.json", Absence.POINTER),
    nothing_known: None,
    no_path: None,
}


@pytest.mark.parametrize("make", CASES)
def test_what_is_not_there_is_named_with_the_reason(
    open_path: Path, shared_cache: Path, make: Callable[[Path], None]
) -> None:
    root = repository(open_path / "repo")
    make(root)
    effects = trained(root, shared_cache).effects
    assert effects.ended is Ending.CRASHED
    assert effects.missing == CASES[make]
    assert any('File "pipeline.py", line ' in line for line in effects.log_tail), effects.log_tail


def test_what_predicting_lacks_is_named_too(open_path: Path, shared_cache: Path) -> None:
    root = repository(open_path / "repo", {"pipeline.py": opening("models/x", function="predict")})
    found = collect([Predict(FIT)], job(root, shared_cache))[Side.HEAD].get(Predict(FIT), Predictions)
    assert found is not None
    assert found.effects.missing == MissingPath("models/x", Absence.FOLDER, "models")


def test_what_base_has_and_head_has_taken_away_is_said(open_path: Path, shared_cache: Path) -> None:
    root = repository(open_path / "base", {"params.yaml": "", "pipeline.py": opening("params.yaml")})
    head = open_path / "head"
    subprocess.run(["cp", "-r", str(root), str(head)], check=True)
    (head / "params.yaml").unlink()
    config = document()
    trees = {Side.HEAD: Tree(head, config.recipe), Side.BASE: Tree(root, document().recipe)}
    found = collect([FIT], job(head, shared_cache, config, trees=trees))[Side.HEAD].get(FIT, Training)
    assert found is not None
    assert found.effects.missing == MissingPath("params.yaml", Absence.REMOVED)


def test_no_folder_is_made_through_a_link_or_a_file(tmp_path: Path) -> None:
    tree, outside = tmp_path / "tree", tmp_path / "outside"
    tree.mkdir()
    outside.mkdir()
    (tree / "link").symlink_to(outside)
    (tree / "file").write_text("")
    make_folders(tree, tuple(map(PurePosixPath, ("link/a", "file/b", "c/d", "."))))
    assert list(outside.iterdir()) == []
    assert sorted(str(path.relative_to(tree)) for path in tree.rglob("*")) == ["c", "c/d", "file", "link"]
