"""A repository of its own lies in the checkout, whose settings name programs that git would start."""

from collections.abc import Callable

from tests.attacks.attack import Attack, Files
from tests.attacks.bait import Bait
from tests.attacks.commits import Entry, Link, Program, Submodule


def settings(bait: Bait) -> str:
    """Everything in a repository's settings that makes git start something."""
    shell = bait.shell("git")
    return f"""\
[core]
\trepositoryformatversion = 0
\tbare = false
\tworktree = ..
\tsshCommand = {shell};false
\tfsmonitor = {shell};false
\thooksPath = hooks
\tgitProxy = {bait.script}
\taskPass = {bait.script}
\tpager = {shell}
\teditor = {shell}
\talternateRefsCommand = {shell};false
\tattributesFile = attributes
[remote "origin"]
\turl = ssh://git@github.invalid/acme/tickets
\tfetch = +refs/heads/*:refs/remotes/origin/*
\tuploadpack = {shell};git-upload-pack
\tpartialclonefilter = blob:none
\tpromisor = true
[url "ext::{shell} %S "]
\tinsteadOf = https://
[protocol "ext"]
\tallow = always
[credential]
\thelper = !{shell}
[filter "evil"]
\tclean = {shell};cat
\tsmudge = {shell};cat
\tprocess = {shell}
\trequired = true
[diff]
\texternal = {shell}
[diff "evil"]
\ttextconv = {shell};cat
\tcommand = {shell}
[merge "evil"]
\tdriver = {shell}
[gpg]
\tprogram = {bait.script}
[uploadpack]
\tpackObjectsHook = {shell}
[alias]
\tstatus = !{shell}
\trev-parse = !{shell}
[sequence]
\teditor = {shell}
[include]
\tpath = /proc/self/environ
"""


def _bare(at: str, head: str) -> Callable[[Bait], Files]:
    def files(bait: Bait) -> Files:
        hooks = ("post-checkout", "post-index-change", "reference-transaction", "fsmonitor-watchman", "pre-auto-gc")
        hook = Program(f"#!/bin/sh\n{bait.shell('hook')}\n")
        made: dict[str, Entry] = {
            "HEAD": head,
            "config": settings(bait),
            "objects/info/alternates": "../../.git/objects\n",
            "objects/pack/.keep": "",
            "refs/.keep": "",
            "refs/remotes/origin": Link("../../../.git/refs/remotes/origin"),
            "info/attributes": "* filter=evil diff=evil merge=evil\n",
            "attributes": "* filter=evil diff=evil\n",
            **{f"hooks/{name}": hook for name in hooks},
        }
        return {f"{at}{name}": content for name, content in made.items()}

    return files


def _beside(bait: Bait) -> Files:
    return _bare("", "ref: refs/remotes/origin/main\n")(bait)


def _shallow(bait: Bait) -> Files:
    """It claims to lack history, so that git would fetch."""
    return {**_beside(bait), "shallow": f"{'0' * 39}1\n", "objects/info/alternates": "/nonexistent\n"}


def _by_links(bait: Bait) -> Files:
    """Its objects and names are the checkout's own, by links."""
    own = {"refs": Link("../.git/refs"), "objects": Link("../.git/objects"), "packed-refs": Link("../.git/packed-refs")}
    mine = {name: entry for name, entry in _beside(bait).items() if not name.startswith(("refs", "objects"))}
    return {**mine, **own, "shallow": Link("../.git/HEAD")}


def _modules(bait: Bait) -> Files:
    shell = bait.shell("submodule")
    text = f'[submodule "evil"]\n\tpath = evil\n\turl = ext::{shell}\n\tupdate = !{shell}\n\tignore = none\n'
    text += f'[submodule "../../evil"]\n\tpath = other\n\turl = -u{shell}\n\tbranch = .\n'
    return {".gitmodules": text, "evil": Submodule("2" * 40), "other": Submodule("3" * 40)}


ATTACKS = (
    Attack(name="a bare repository beside the configuration", change=_beside, folder="proj", slow=True),
    Attack(name="a bare repository that lacks history", change=_shallow, folder="proj"),
    Attack(name="a bare repository of links", change=_by_links, folder="proj"),
    Attack(name="a bare repository at the root", change=_beside, slow=True),
    Attack(
        name="a bare repository in every folder",
        slow=True,
        change=lambda bait: {
            **_bare("data/", "ref: refs/remotes/origin/main\n")(bait),
            **_bare("tests/fixtures/repo.git/", "ref: refs/heads/main\n")(bait),
        },
    ),
    Attack(name="submodules with commands", change=_modules, slow=True),
)
