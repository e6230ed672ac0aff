"""The base that a workflow names by a branch is a folder of the pull request's, with evidence as bad as head's."""

from tests.attacks.attack import Attack, Files
from tests.attacks.bait import Bait


def _folder(bait: Bait) -> Files:
    """What the control has left of head, as a baseline named like the branch."""
    files: dict[str, bytes] = {}
    for found in sorted((bait.earlier or bait.host).rglob("head/snapshot/snapshot.zip")):
        head = found.parents[1]
        parts = [path for path in head.rglob("*") if path.is_file() and "anchor" not in path.parts]
        files |= {f"origin/main/{path.relative_to(head)}": path.read_bytes() for path in parts}
    assert files, "the control has left no evidence"
    return dict(files)


ATTACKS = (Attack(name="a folder named like the base branch", change=_folder, inputs={"baseline": "origin/main"}),)
