"""Links, files and evidence of the pull request stand where gatebot keeps things of its own."""

import json
from collections.abc import Callable, Mapping

from tests.attacks.attack import Attack, Files
from tests.attacks.attack_setup import Outcome
from tests.attacks.bait import SECRETS, Bait
from tests.attacks.commits import Entry, Link

WORD = "planted-by-the-pull-request"


def _untouched(outcome: Outcome) -> None:
    """Nothing was removed or written where the links lead."""
    home = outcome.job.folder.parent / "home"
    there = sorted(path.relative_to(home).as_posix() for path in home.rglob("*") if path.is_file())
    assert there == [".config/pip/pip.conf", ".netrc", SECRETS["file name"], *PRECIOUS], there
    kept = [path for path in outcome.job.workspace.glob("elsewhere/**/*") if path.is_file()]
    assert [path.read_text() for path in kept] == ["kept\n"] * len(kept), kept


PRECIOUS: tuple[str, ...] = ()
NAMES = (
    *("head", "base", "env", "fetch", "python", "baseline", "report.json", "comment.md", "report.html", "bug.md"),
    *(".gitignore", "base/snapshot", "head/snapshot", "head/facts.json", "head/labels", "locks", "cache", "trees"),
)


def _linked(to: str) -> Callable[[Bait], Files]:
    return lambda _: {".gatebot": Link(to), "elsewhere/head/kept": "kept\n", "elsewhere/report.json": "kept\n"}


def _each(to: str) -> Callable[[Bait], Files]:
    """A link for each name inside; deeper ones replace the folder that holds them."""

    def files(_bait: Bait) -> Mapping[str, Entry]:
        top = [name for name in NAMES if "/" not in name]
        return {**{f".gatebot/{name}": Link(f"../{to}") for name in top}, "elsewhere/kept": "kept\n"}

    return files


def _planted(bait: Bait) -> Files:
    """A report that says pass, and evidence, for a run that fails before it has any."""
    report = {"verdict": "pass", "exit_code": 0, "project": "tiny", "note": WORD}
    earlier = next(iter(sorted((bait.earlier or bait.host).rglob("report.json"))), None)
    text = json.dumps(json.loads(earlier.read_text()) | {"verdict": "pass", "exit_code": 0}) if earlier else ""
    forged = text or json.dumps(report)
    names = ("comment.md", "report.html", "head/facts.json", "head/snapshot/snapshot.zip", "base/snapshot/snapshot.zip")
    return {
        "gatebot.yml": "version: 1\nmodle: {}\n",
        ".gatebot/report.json": forged.replace('"blocked"', '"pass"'),
        **{f".gatebot/{name}": WORD for name in names},
        ".gatebot/head/anchor/snapshot/snapshot.zip": WORD,
        ".gatebot/head/labels/truth.zip": WORD,
    }


def _not_uploaded(outcome: Outcome) -> None:
    places = [
        place for place, content in outcome.outputs.items() if place.startswith("upload ") and WORD.encode() in content
    ]
    assert not places, f"the pull request's own files are uploaded as evidence: {places}"


ATTACKS = (
    Attack(name="own folder is a link to another folder", change=_linked("elsewhere"), expect=_untouched, slow=True),
    Attack(name="own folder is a link out of the checkout", change=_linked("../home"), expect=_untouched),
    Attack(name="own folder is a link to git's", change=_linked(".git"), expect=_untouched, slow=True),
    Attack(name="own folder is a link to nothing", change=_linked("../home/nothing"), expect=_untouched, slow=True),
    Attack(name="own folder is a link to itself", change=_linked(".gatebot"), expect=_untouched, slow=True),
    Attack(name="own folder is a file", change=lambda _: {".gatebot": "no folder\n"}, expect=_untouched, slow=True),
    Attack(name="own files are links", change=_each("elsewhere"), expect=_untouched, slow=True),
    Attack(name="own files are links out of the checkout", change=_each("../home"), expect=_untouched),
    Attack(name="own files are links to nothing", change=_each("../home/nothing"), expect=_untouched, slow=True),
    Attack(name="committed evidence", change=_planted, expect=_not_uploaded),
)
