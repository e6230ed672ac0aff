"""What an earlier step has put where gatebot makes folders of its own outside the checkout."""

from pathlib import Path

from tests.attacks.attack import Attack
from tests.attacks.bait import Bait

from .own_folders import _untouched


def _by_link(workspace: Path, _bait: Bait) -> None:
    """`gatebot` below the runner's temporary folder leads to a home."""
    temporary = workspace.parent / "temp/runner_temp"
    for name in ("gatebot", "gatebot-tiny", "gatebot-tickets", ".gatebot", "gatebot-acme-tickets"):
        (temporary / name).symlink_to("../../home")


def _inside(workspace: Path, _bait: Bait) -> None:
    """`gatebot`'s own folder is there, open to all, and its parts lead to a home."""
    for name in ("gatebot", "gatebot-tiny", ".gatebot"):
        folder = workspace.parent / "temp/runner_temp" / name
        folder.mkdir()
        folder.chmod(0o777)
        for part in ("head", "base", "env", "cache", "fetch", "out", "report.json", "baseline", "python"):
            (folder / part).symlink_to("../../../home")


ATTACKS = (
    Attack(name="a temporary folder that is a link", prepare=_by_link, expect=_untouched, in_container=False),
    Attack(name="a temporary folder full of links", prepare=_inside, expect=_untouched, slow=True, in_container=False),
    Attack(
        name="a temporary folder in the checkout",
        change=lambda _: {"tmp/gatebot-tree-x/kept": "kept\n", "tmp/gatebot-collect-x/kept": "kept\n"},
        environment={"TMPDIR": "{workspace}/tmp"},
        slow=True,
        in_container=False,
    ),
)
