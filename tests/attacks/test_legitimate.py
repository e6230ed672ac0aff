"""What projects legitimately do with git, links, names and environments is still gated."""

import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.cli import tiny

from . import project
from .attack import Attack, Level
from .bait import Bait
from .commits import Entry, Link, Program, Submodule
from .conftest import SetupFor

Prepare = Callable[[Path, Bait], None]


def git(folder: Path, *words: str) -> str:
    """Run git in a folder."""
    command = ["git", "-c", "protocol.file.allow=always", "-c", "user.name=a", "-c", "user.email=a@example.org", *words]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def linked_data(_bait: Bait) -> Mapping[str, Entry]:
    return {"data/rows.csv": Link("../store/2026/rows.csv"), "store/2026/rows.csv": project.ROWS_CSV}


def linked_folder(_bait: Bait) -> Mapping[str, Entry]:
    return {"data/rows.csv": None, "data": Link("store"), "store/rows.csv": project.ROWS_CSV}


def links_to_nothing(_bait: Bait) -> Mapping[str, Entry]:
    return {
        "a": Link("b"),
        "b": Link("a"),
        "gone": Link("nowhere/at/all"),
        "up": Link("."),
        "out": Link("/usr/share/doc"),
    }


def fixtures(_bait: Bait) -> Mapping[str, Entry]:
    """A bare repository that a project's own tests use."""
    place = "tests/fixtures/repo.git"
    return {
        f"{place}/HEAD": "ref: refs/heads/main\n",
        f"{place}/config": "[core]\n\trepositoryformatversion = 0\n\tbare = true\n",
        f"{place}/objects/info/.keep": "",
        f"{place}/objects/pack/.keep": "",
        f"{place}/refs/heads/.keep": "",
        f"{place}/hooks/pre-commit": Program("#!/bin/sh\nexit 1\n"),
        f"{place}/description": "x\n",
    }


def names(_bait: Bait) -> Mapping[str, Entry]:
    words = (
        "two words",
        "grüße",
        "日本",
        "a\nb",
        "tab\there",
        "'quoted'",
        '"doubly"',
        "-dash",
        "back\\slash",
        "*",
        "$x",
        ".x",
    )
    return {f"src/{word}/{word}.txt": f"{word}\n" for word in words}


def large_files(_bait: Bait) -> Mapping[str, Entry]:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0" * 64 + "\nsize 12\n"
    return {".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n", "weights.bin": pointer}


def with_submodule(_bait: Bait) -> Mapping[str, Entry]:
    return {".gitmodules": '[submodule "lib"]\n\tpath = lib\n\turl = ../lib\n', "lib": Submodule("1" * 40)}


def worktree(workspace: Path, _bait: Bait) -> None:
    """The checkout is a second work tree of a clone elsewhere."""
    clone = workspace.with_name("clone")
    workspace.rename(clone)
    git(clone, "worktree", "add", "--quiet", "--detach", str(workspace), "HEAD")


def sparse(workspace: Path, _bait: Bait) -> None:
    """Only what is at the root and in `data` is checked out."""
    git(workspace, "sparse-checkout", "set", "data")
    assert not (workspace / "other").exists()


def reference(workspace: Path, _bait: Bait) -> None:
    """Objects lie in a bare mirror elsewhere, as `git clone --reference` leaves it."""
    mirror = workspace.with_name("mirror.git")
    origin = workspace.parent.parent / "origin"
    git(workspace.parent, "clone", "--quiet", "--mirror", f"file://{origin}", str(mirror))
    (workspace / ".git/objects/info").mkdir(exist_ok=True)
    (workspace / ".git/objects/info/alternates").write_text(f"{mirror}/objects\n")
    git(workspace, "repack", "-a", "-d", "-l", "-q")
    git(workspace, "prune-packed", "-q")


def bare_origin(workspace: Path, _bait: Bait) -> None:
    """A clone of one commit, whose origin is a bare repository on the same machine."""
    mirror = workspace.with_name("mirror.git")
    origin = workspace.parent.parent / "origin"
    git(workspace.parent, "clone", "--quiet", "--mirror", f"file://{origin}", str(mirror))
    merge = git(workspace, "rev-parse", "HEAD")
    git(mirror, "config", "uploadpack.allowAnySHA1InWant", "true")
    shutil.rmtree(workspace)
    workspace.mkdir()
    git(workspace, "init", "--quiet")
    git(workspace, "remote", "add", "origin", f"file://{mirror}")
    git(workspace, "fetch", "--quiet", "--depth=1", "origin", f"+{merge}:refs/remotes/pull/merge")
    git(workspace, "checkout", "--quiet", "--detach", merge)


def environment(workspace: Path, bait: Bait) -> None:
    """A virtual environment in the checkout, which git ignores."""
    subprocess.run([bait.python, "-m", "venv", "--without-pip", str(workspace / ".venv")], check=True)


def library(folder: Path) -> str:
    """A repository whose only commit is the same whenever it is made."""
    folder.mkdir()
    git(folder, "init", "--quiet")
    (folder / "offset.py").write_text("OFFSET = 0.0\n")
    git(folder, "add", ".")
    tree, when = git(folder, "write-tree"), "a <a@example.org> 1700000000 +0000"
    made = subprocess.run(
        ["git", "hash-object", "-t", "commit", "-w", "--stdin"],
        input=f"tree {tree}\nauthor {when}\ncommitter {when}\n\nx\n",
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    git(folder, "reset", "--quiet", "--hard", made)
    return made


def submodule(workspace: Path, _bait: Bait) -> None:
    """The submodule is checked out, as `submodules: true` does."""
    other = workspace.with_name("lib")
    library(other)
    shutil.rmtree(workspace / "lib", ignore_errors=True)
    git(workspace, "clone", "--quiet", f"file://{other}", "lib")
    git(workspace, "submodule", "absorbgitdirs", "lib")


def _settled(**settings: object) -> Mapping[str, object]:
    return settings


WITH_VENV = _settled(smoke={"python": "./.venv/bin/python"})
BY_PROGRAM = _settled(
    model={"python": None, "train": "./run.sh {train} {model}", "predict": "./run.sh {rows} {predictions}"}
)
RUN = Program(
    '#!/bin/sh\ncase "$2" in *predictions*|*eval.csv) ;; *) cp "$1" "$2"; exit;; esac\n'
    'awk -F, \'BEGIN { print "id,prediction" } NR == 1 { for (at = 1; at <= NF; at++) place[$at] = at; next }'
    ' { print $place["id"] "," (($place["x"] > 0.5) ? "yes" : "no") }\' "$1" > "$2"\n'
)


def program(_bait: Bait) -> Mapping[str, Entry]:
    return {"run.sh": RUN}


def nothing(_bait: Bait) -> Mapping[str, Entry]:
    return {}


def using_submodule(bait: Bait) -> Mapping[str, Entry]:
    code = tiny.PIPELINE.replace('model["cut"]', 'model["cut"] + OFFSET')
    with TemporaryDirectory() as folder:
        made = library(Path(folder, "lib"))
    return {**with_submodule(bait), "lib": Submodule(made), "pipeline.py": f"from lib.offset import OFFSET\n\n{code}"}


CASES: dict[str, tuple[Callable[[Bait], Mapping[str, Entry]], Prepare | None, Mapping[str, object]]] = {
    "data behind a link": (linked_data, None, {}),
    "data in a folder that is a link": (linked_folder, None, {}),
    "links to nothing": (links_to_nothing, None, {}),
    "a bare repository among fixtures": (fixtures, None, {}),
    "names of all kinds": (names, None, {}),
    "pointers to large files": (large_files, None, {}),
    "a submodule that is not checked out": (with_submodule, None, {}),
    "a submodule": (using_submodule, submodule, {}),
    "a second work tree": (nothing, worktree, {}),
    "a sparse checkout": (lambda _: {"other/x.txt": "x\n"}, sparse, {}),
    "objects in a mirror": (nothing, reference, {}),
    "a bare origin and no history": (nothing, bare_origin, {}),
    "an environment in the checkout": (nothing, environment, WITH_VENV),
    "programs with executable bits": (program, None, BY_PROGRAM),
}
FAST = ("data behind a link", "a submodule", "a bare origin and no history")


@pytest.mark.whole
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in FAST else [pytest.mark.long]) for name in CASES]
)
def test_a_harmless_change_of_a_legitimate_project_passes(setup_for: SetupFor, name: str) -> None:
    main, prepare, settings = CASES[name]
    change = Attack(
        name=name,
        carrier="harmless" if name != "a submodule" else "none",
        main=main,
        settings=settings,
        prepare=prepare,
        change=lambda _: {"README.md": "x\n", "notes.py": "x = 1\n"},
    )
    outcome = setup_for(change).attacked(change, Level.FULL)
    assert (outcome.verdict, outcome.status, outcome.exit_code) == ("pass", "success", 0), outcome
    assert "base_broken" not in outcome.report["states"], f"nothing was compared\n{outcome}"
