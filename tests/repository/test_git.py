"""Questions to real repositories, among them shallow, foreign-owned and hostile ones."""

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from gatebot.errors import GateError, MachineError, UsageError
from gatebot.repository.git import Repository, open_repository
from gatebot.repository.worktrees import worktree

WHO = {f"GIT_{role}_{what}": "a@example.com" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


def git(where: Path, *arguments: str, day: int = 1) -> str:
    when = {f"GIT_{role}_DATE": f"2026-11-{day:02}T12:00:00Z" for role in ("AUTHOR", "COMMITTER")}
    clean = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    environment = clean | WHO | when | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    allowed = ("-c", "protocol.file.allow=always", "-c", "init.defaultBranch=main")
    done = subprocess.run(["git", *allowed, *arguments], cwd=where, env=environment, capture_output=True, check=True)
    return done.stdout.decode().strip()


def commit(where: Path, day: int, **files: str) -> str:
    for name, text in files.items():
        (where / name).write_text(text)
    git(where, "add", "--all")
    git(where, "commit", "--allow-empty", "--message", f"day {day}", day=day)
    return git(where, "rev-parse", "HEAD")


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Main and a topic that left it on day 3: m1 m2 m3 m5 m6, t4 t7."""
    where = tmp_path_factory.mktemp("pattern")
    git(where, "init")
    for day in (1, 2, 3):
        commit(where, day, m=str(day))
    git(where, "switch", "--create", "topic")
    commit(where, 4, t="4")
    git(where, "switch", "main")
    for day in (5, 6):
        commit(where, day, m=str(day))
    git(where, "switch", "topic")
    commit(where, 7, t="7")
    git(where, "switch", "--create", "merged", "main")
    git(where, "merge", "--no-ff", "--message", "merge", "topic", day=8)
    git(where, "switch", "topic")
    return where


@pytest.fixture
def origin(pattern: Path, tmp_path: Path) -> Path:
    """A repository to spoil."""
    return Path(shutil.copytree(pattern, tmp_path / "origin"))


def clone(origin: Path, depth: int, branch: str = "topic") -> Repository:
    into = origin.parent / f"clone-{branch}-{depth}"
    git(origin.parent, "clone", f"--depth={depth}", "--branch", branch, f"file://{origin}", str(into))
    return open_repository(into)


def test_the_repository_of_a_directory(origin: Path) -> None:
    (origin / "deep" / "er").mkdir(parents=True)
    assert open_repository(origin / "deep" / "er").root == origin


def test_no_repository(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not in a git repository"):
        open_repository(tmp_path)
    with pytest.raises(MachineError, match="does not exist"):
        open_repository(tmp_path / "none")


def test_a_repository_without_commits(tmp_path: Path) -> None:
    git(tmp_path, "init")
    with pytest.raises(UsageError, match="no commit 'HEAD'"):
        open_repository(tmp_path).head()


def test_names_of_commits(origin: Path) -> None:
    repository = Repository(origin)
    assert repository.head() == repository.commit("topic") == git(origin, "rev-parse", "topic")
    assert repository.find("main~1") == git(origin, "rev-parse", "main~1")


@pytest.mark.parametrize(
    "name", ["", "--help", "-rf", "none", "HEAD:m", "f" * 40, "a\0b", "$(id)", "main..topic", "x\ny"]
)
def test_names_that_are_no_commit(origin: Path, name: str) -> None:
    assert Repository(origin).find(name) is None
    with pytest.raises(UsageError, match="no commit"):
        Repository(origin).commit(name)


def test_parents(origin: Path) -> None:
    repository = Repository(origin)
    main, topic = repository.commit("main"), repository.commit("topic")
    assert repository.parents("merged") == (main, topic)
    assert repository.first_parent("merged") == main


def test_the_first_commit_has_no_parent(origin: Path) -> None:
    first = git(origin, "rev-list", "--max-parents=0", "HEAD")
    assert Repository(origin).parents(first) == ()
    with pytest.raises(UsageError, match="has no parent"):
        Repository(origin).first_parent(first)


def test_the_parent_of_a_shallow_merge_commit_is_fetched(origin: Path) -> None:
    """`actions/checkout` leaves exactly this."""
    repository = clone(origin, 1, "merged")
    parent = repository.first_parent("HEAD")
    assert parent == git(origin, "rev-parse", "main")
    assert repository.find(parent) is None
    assert repository.file(parent, "m") == b"6"
    assert repository.changed_paths(parent, "HEAD") == {"t"}
    with worktree(repository, parent) as tree:
        assert not (tree / "t").exists()


def test_parents_are_read_from_the_header_alone(origin: Path) -> None:
    forged = "f" * 40
    git(origin, "commit", "--allow-empty", "--message", f"title\n\nparent {forged}\nparent {forged}")
    assert len(Repository(origin).parents("HEAD")) == 1


@pytest.mark.parametrize("depth", [1, 99])
def test_a_branch_that_was_not_cloned_is_fetched(origin: Path, depth: int) -> None:
    repository = clone(origin, depth)
    assert repository.find("refs/remotes/origin/main") is None
    assert repository.fetched("refs/remotes/origin/main") == git(origin, "rev-parse", "main")
    assert repository.merge_base("HEAD", "refs/remotes/origin/main") == git(origin, "rev-parse", "main~2")


@pytest.mark.parametrize("name", ["refs/remotes/origin/none", "refs/remotes/origin/--upload-pack=x", "e" * 40, "other"])
def test_what_is_nowhere_cannot_be_fetched(origin: Path, name: str) -> None:
    with pytest.raises(UsageError, match=r"cannot be fetched|no commit"):
        clone(origin, 1).fetched(name)


@pytest.mark.parametrize("depth", [1, 2, 3, 99])
def test_the_merge_base_whatever_the_depth(origin: Path, depth: int) -> None:
    repository = clone(origin, depth)
    main = git(origin, "rev-parse", "main")
    assert repository.merge_base("HEAD", main) == git(origin, "rev-parse", "main~2")


def test_a_merge_base_that_only_looks_like_one(tmp_path: Path) -> None:
    """Two lines meet in topic: one leaves main on day 1, the other on day 2, and the second is cut off."""
    where = tmp_path / "origin"
    where.mkdir()
    git(where, "init")
    first = commit(where, 1, m="1")
    second = commit(where, 2, m="2")
    commit(where, 3, m="3")
    git(where, "switch", "--create", "late", second)
    late = commit(where, 4, b="4")
    git(where, "switch", "--create", "topic", first)
    commit(where, 5, a="5")
    git(where, "merge", "--no-ff", "--message", "merge late", "late", day=6)
    into = tmp_path / "clone"
    git(tmp_path, "clone", f"file://{where}", str(into))
    (into / ".git" / "shallow").write_text(f"{late}\n")
    assert git(into, "merge-base", "topic", "origin/main") == first
    assert open_repository(into).merge_base("topic", "origin/main") == second


def test_unrelated_histories(origin: Path) -> None:
    git(origin, "switch", "--orphan", "island")
    commit(origin, 9, i="1")
    with pytest.raises(UsageError, match="no common ancestor"):
        Repository(origin).merge_base("island", "main")


def test_history_that_cannot_be_fetched(origin: Path) -> None:
    repository = clone(origin, 1)
    main = git(origin, "rev-parse", "main")
    origin.rename(origin.with_name("gone"))
    with pytest.raises(UsageError, match="cannot be fetched") as caught:
        repository.merge_base("HEAD", main)
    assert "fetch-depth: 0" in caught.value.hint
    assert "shallow clone" in caught.value.message


def test_a_missing_commit_of_a_shallow_clone_comes_with_the_command_that_fetches_it(origin: Path) -> None:
    shallow, complete = clone(origin, 1), Repository(origin)
    assert (shallow.is_shallow, complete.is_shallow) == (True, False)
    with pytest.raises(UsageError, match="shallow clone") as caught:
        shallow.commit("no-such-branch")
    assert {"git fetch --unshallow", "fetch-depth: 0"} <= {each for each in HINTS if each in caught.value.hint}
    with pytest.raises(UsageError) as caught:
        complete.commit("no-such-branch")
    assert "shallow" not in caught.value.message
    assert "unshallow" not in caught.value.hint


HINTS = ("git fetch --unshallow", "fetch-depth: 0")


def test_ancestors(origin: Path) -> None:
    found = Repository(origin).ancestors("main", most=3)
    assert found == tuple(git(origin, "rev-parse", name) for name in ("main", "main~1", "main~2"))


def test_changed_paths(origin: Path) -> None:
    git(origin, "mv", "m", "renamed é")
    (origin / "line\nbreak").write_text("x")
    commit(origin, 9, new="n")
    found = Repository(origin).changed_paths("HEAD~1", "HEAD")
    assert found == {"m", "renamed é", "line\nbreak", "new"}
    assert Repository(origin).changed_paths("main", "main") == frozenset()


def test_a_file_at_a_commit(origin: Path) -> None:
    repository = Repository(origin)
    assert repository.file("main", "m") == b"6"
    assert repository.file("main~2", "m") == b"3"
    assert repository.file("main", "t") is None
    assert repository.file("main", "none/m") is None


@pytest.mark.parametrize("path", ["*", ":(top)m", "-m", "../m", "m/", "", "/etc/passwd", ":/m", "--"])
def test_paths_are_never_patterns_or_options(origin: Path, path: str) -> None:
    try:
        assert Repository(origin).file("main", path) is None
    except GateError as error:
        assert "m at" not in error.message  # noqa: PT017


def test_what_is_no_regular_file_is_not_read(origin: Path) -> None:
    (origin / "link").symlink_to("/etc/passwd")
    (origin / "folder").mkdir()
    (origin / "folder" / "f").write_text("x")
    commit(origin, 9, big="x" * 2000)
    repository = Repository(origin)
    for path in ("link", "folder"):
        with pytest.raises(UsageError, match="not a regular file"):
            repository.file("HEAD", path)
    with pytest.raises(UsageError, match="2,000 bytes"):
        repository.file("HEAD", "big", most_bytes=1999)


def test_a_clean_tree(origin: Path) -> None:
    repository = Repository(origin)
    assert repository.is_clean()
    (origin / "new").write_text("x")
    (origin / "m").write_text("changed")
    assert set(repository.changes()) == {"m", "new"}
    git(origin, "checkout", "m")
    (origin / "new").unlink()
    (origin / ".gatebot" / "baseline").mkdir(parents=True)
    (origin / ".gatebot" / "baseline" / "x").write_text("x")
    (origin / ".gatebots").write_text("x")
    assert repository.changes(ignored=(".gatebot",)) == (".gatebots",)


def test_a_second_work_tree(origin: Path, tmp_path: Path) -> None:
    repository = Repository(origin)
    with worktree(repository, "main", tmp_path) as tree:
        assert (tree / "m").read_text() == "6"
        assert not (tree / "t").exists()
        assert open_repository(tree).head() == repository.commit("main")
        (tree / "trained.bin").write_text("left behind")
    assert not tree.exists()
    assert len(git(origin, "worktree", "list").splitlines()) == 1
    assert repository.is_clean()


def test_a_second_work_tree_goes_away_after_a_failure(origin: Path) -> None:
    with pytest.raises(KeyError), worktree(Repository(origin), "main") as tree:
        raise KeyError
    assert not tree.exists()
    assert len(git(origin, "worktree", "list").splitlines()) == 1


def test_nothing_of_the_repository_runs(origin: Path, tmp_path: Path) -> None:
    """Hooks, filters, a file monitor, an external diff: each would leave a trace."""
    trace = tmp_path / "trace"
    spy = tmp_path / "spy"
    spy.write_text(f"#!/bin/sh\necho $0 $* >> {trace}\ncat\n")
    spy.chmod(0o755)
    (origin / ".gitattributes").write_text("* filter=spy diff=spy\n*.lfs filter=lfs\n")
    commit(origin, 9, data="1", big="2")
    for hook in ("post-checkout", "post-index-change", "reference-transaction", "pre-auto-gc"):
        (origin / ".git" / "hooks" / hook).write_text(spy.read_text())
        (origin / ".git" / "hooks" / hook).chmod(0o755)
    for key in ("filter.spy.smudge", "filter.spy.process", "filter.lfs.smudge", "core.fsmonitor", "diff.spy.textconv",
                "diff.spy.command", "diff.external"):  # fmt: skip
        git(origin, "config", key, str(spy))
    git(origin, "config", "filter.spy.required", "true")
    repository = Repository(origin)
    with worktree(repository, "HEAD", tmp_path) as tree:
        assert (tree / "data").read_text() == "1"
    assert repository.is_clean()
    repository.changed_paths("HEAD~1", "HEAD")
    repository.file("HEAD", "data")
    assert not trace.exists(), trace.read_text()


def test_what_the_user_configured_has_no_say(origin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".gitconfig").write_text("[core]\n hooksPath = /x\n[status]\n short = bogus\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_INDEX_FILE", "/nowhere")
    assert open_repository(origin).is_clean()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs another uid to give the repository to")
def test_a_work_tree_of_another_user(origin: Path) -> None:
    """As in a container: the checkout belongs to the runner, we are root."""
    for path in (origin, *origin.rglob("*")):
        os.chown(path, 12345, 12345, follow_symlinks=False)
    repository = open_repository(origin)
    assert repository.head()
    assert repository.is_clean()
    with worktree(repository, "main") as tree:
        assert (tree / "m").exists()


def test_files_of_a_name_in_a_commit(origin: Path) -> None:
    (origin / "a").mkdir()
    sha = commit(origin, 8, **{"a/gatebot.yml": "1", "gatebot.yml": "2", "not-gatebot.yml": "3"})
    assert open_repository(origin).named(sha, "gatebot.yml") == ("a/gatebot.yml", "gatebot.yml")


def test_work_trees_of_killed_processes_go_and_those_in_use_stay(origin: Path, tmp_path: Path) -> None:
    parent = tmp_path / "trees"
    for name in ("dead", "held", "young"):
        (parent / f"gatebot-tree-{name}/tree").mkdir(parents=True)
    for name in ("dead", "held"):
        os.utime(parent / f"gatebot-tree-{name}", (1, 1))
    holder = os.open(parent / "gatebot-tree-held", os.O_RDONLY)
    fcntl.flock(holder, fcntl.LOCK_EX)
    try:
        with worktree(open_repository(origin), "HEAD", parent) as tree:
            assert (tree / "m").exists()
            left = {path.name for path in parent.iterdir()} - {tree.parent.name}
    finally:
        os.close(holder)
    assert left == {"gatebot-tree-held", "gatebot-tree-young"}


def _bare_repository_that_runs(where: Path, ran: Path) -> None:
    """What a pull request can commit: the files of a bare repository, with commands in its configuration."""
    git(where.parent, "init", "--bare", str(where))
    command = f"touch {ran}; false"
    for key in ("core.sshCommand", "core.fsmonitor", "core.gitProxy", "diff.external", "core.pager"):
        git(where, "config", key, command)
    git(where, "config", "remote.origin.url", "ssh://127.0.0.1/nowhere")
    git(where, "config", "filter.x.smudge", command)
    git(where, "config", "alias.ls-files", f"!{command}")


@pytest.mark.parametrize("inside", ["ml", "ml/deep/er"])
def test_a_committed_bare_repository_is_no_repository(origin: Path, tmp_path: Path, inside: str) -> None:
    ran = tmp_path / "ran"
    _bare_repository_that_runs(origin / "ml", ran)
    (origin / inside).mkdir(parents=True, exist_ok=True)
    repository = open_repository(origin / inside)
    assert repository.root == origin
    assert repository.changes()
    with pytest.raises(UsageError, match=r"cannot be fetched: fatal: .*origin"):
        repository.fetched("f" * 40)
    assert not ran.exists()


def test_a_bare_repository_alone_is_none(tmp_path: Path) -> None:
    _bare_repository_that_runs(tmp_path / "bare", tmp_path / "ran")
    with pytest.raises(UsageError, match="not in a git repository"):
        open_repository(tmp_path / "bare")
    with pytest.raises(UsageError, match="not in a git repository"):
        Repository(tmp_path / "bare")


def test_a_configuration_that_runs_commands_runs_none(origin: Path, tmp_path: Path) -> None:
    """Below full isolation user code may have written one."""
    ran = tmp_path / "ran"
    script = tmp_path / "script"
    script.write_text(f"#!/bin/sh\ntouch {ran}\n")
    script.chmod(0o755)
    for key in (
        "core.sshCommand",
        "core.fsmonitor",
        "diff.external",
        "core.editor",
        "credential.helper",
        "core.askPass",
    ):
        git(origin, "config", key, str(script))
    for hook in ("post-checkout", "reference-transaction", "post-index-change"):
        (origin / ".git" / "hooks" / hook).parent.mkdir(exist_ok=True)
        shutil.copy(script, origin / ".git" / "hooks" / hook)
    git(origin, "config", "remote.origin.url", "ssh://127.0.0.1/nowhere")
    repository = open_repository(origin)
    repository.changes()
    repository.changed_paths("HEAD~1", "HEAD")
    with worktree(repository, "HEAD", tmp_path):
        pass
    with pytest.raises(UsageError, match=r"cannot be fetched: fatal: transport .ssh. not allowed"):
        repository.fetched("f" * 40)
    assert not ran.exists()


@pytest.mark.parametrize("url", ["ssh://127.0.0.1/x", "git://127.0.0.1/x", "ext::sh -c touch% ran", "127.0.0.1:x"])
def test_protocols_that_start_programs_are_not_spoken(origin: Path, url: str) -> None:
    git(origin, "remote", "add", "origin", url)
    with pytest.raises(UsageError, match=r"not allowed|cannot be fetched"):
        open_repository(origin).fetched("refs/remotes/origin/none")


def test_replaced_objects_are_not_believed(origin: Path) -> None:
    before = Repository(origin).file("main", "m")
    git(origin, "replace", git(origin, "rev-parse", "main"), git(origin, "rev-parse", "main~1"))
    assert Repository(origin).file("main", "m") == before


def test_work_trees_submodules_and_sparse_checkouts_are_found(origin: Path, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    git(origin, "worktree", "add", str(tree), "main")
    assert open_repository(tree).head() == git(origin, "rev-parse", "main")
    git(tree, "sparse-checkout", "set", "none")
    assert open_repository(tree).is_clean()
    outer = tmp_path / "outer"
    outer.mkdir()
    git(outer, "init")
    git(outer, "submodule", "add", str(origin), "inner")
    commit(outer, 1)
    assert open_repository(outer / "inner").head() == git(outer / "inner", "rev-parse", "HEAD")
    assert open_repository(outer / "inner", within=outer).root == outer, "what a pull request brings along is no root"


def test_a_clone_with_a_reference_to_a_mirror_can_be_read(origin: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--mirror", str(origin), "mirror.git")
    git(tmp_path, "clone", "--reference", str(tmp_path / "mirror.git"), f"file://{tmp_path / 'mirror.git'}", "clone")
    assert open_repository(tmp_path / "clone").file("HEAD", "m")


def test_a_repository_behind_a_link_of_a_checkout_is_not_taken(origin: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init")
    (origin / "link").symlink_to(other)
    assert open_repository(origin / "link").root == origin


def test_a_partial_clone_fetches_what_it_reads(origin: Path, tmp_path: Path) -> None:
    git(origin, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "--filter=blob:none", "--no-checkout", f"file://{origin}", "partial")
    assert open_repository(tmp_path / "partial").file("HEAD", "m")


def test_a_runners_checkout_is_read_by_its_owner(origin: Path, tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root gives files away")
    for folder, names, files in os.walk(origin):
        for path in (folder, *(os.path.join(folder, name) for name in (*names, *files))):  # noqa: PTH118
            os.chown(path, 1001, 1001)
    repository = open_repository(origin)
    with worktree(repository, "HEAD~1", tmp_path) as tree:
        assert (tree / "m").read_text() == "3"
    assert repository.is_clean()


def test_a_work_tree_has_the_submodules_that_were_fetched(origin: Path, tmp_path: Path) -> None:
    outer = tmp_path / "outer"
    outer.mkdir()
    git(outer, "init")
    git(outer, "submodule", "add", str(origin), "inner")
    commit(outer, 1)
    before = git(outer / "inner", "rev-parse", "HEAD")
    commit(outer / "inner", 9, m="9")
    commit(outer, 2)
    with worktree(open_repository(outer), "HEAD~1", tmp_path) as tree:
        assert (tree / "inner" / "m").read_text() != "9"
        assert open_repository(tree / "inner").head() == before
    shutil.rmtree(outer / "inner")
    (outer / "inner").symlink_to(origin)
    with worktree(open_repository(outer), "HEAD", tmp_path) as tree:
        assert list((tree / "inner").iterdir()) == [], "what a link leads to is no submodule"
