"""The configuration is a link, or something else that leads to other rules or to what is not the project's."""

from tests.attacks import project
from tests.attacks.attack import Attack, Files
from tests.attacks.bait import Bait
from tests.attacks.commits import Link, Submodule

LENIENT: dict[str, object] = {
    "metrics": [{"metric": "accuracy", "margin": 0.99}],
    "checks": {"model.heuristic": False, "model.regression": False, "model.flips": False, "model.collapse": False},
    "policy": {"mode": "observe", "block": [], "review": [], "undecided": "warn"},
}


def lenient(bait: Bait) -> str:
    """Rules by which everything passes."""
    return project.configuration(LENIENT, bait.python)


def _to_another(bait: Bait) -> Files:
    return {"gatebot.yml": Link("other.yml"), "other.yml": lenient(bait)}


def _to_a_chain(bait: Bait) -> Files:
    return {"gatebot.yml": Link("a/b.yml"), "a": Link("c"), "c/b.yml": Link("../other.yml"), "other.yml": lenient(bait)}


def _to(target: str) -> Attack:
    name = target.strip("./").replace("/", " ")
    return Attack(name=f"rules by a link to {name}", change=lambda _: {"gatebot.yml": Link(target)}, slow=True)


def _folder_by_link(bait: Bait) -> Files:
    elsewhere = {f"../other/{name}": text for name, text in project.HARMFUL.items()}
    moved = {"gatebot.yml": None, "pipeline.py": None, "data/rows.csv": None, ".gitignore": None, ".": Link("other")}
    files = {**elsewhere, "../other/gatebot.yml": lenient(bait), "../other/data/rows.csv": project.ROWS_CSV}
    return {**moved, **files}


ATTACKS = (
    Attack(name="rules by a link", change=_to_another),
    Attack(name="rules by a chain of links", change=_to_a_chain, slow=True),
    Attack(name="rules by a folder that is a link", change=_folder_by_link, folder="proj"),
    Attack(name="rules by a link to an environment", change=lambda _: {"gatebot.yml": Link("/proc/self/environ")}),
    _to("../home/.netrc"),
    _to("../home/.config/pip/pip.conf"),
    _to(".git/config"),
    _to("gatebot.yml"),
    _to("/dev/zero"),
    _to("/dev/stdin"),
    _to("data"),
    Attack(
        name="rules in a submodule",
        change=lambda bait: {"gatebot.yml": Submodule("1" * 40), "other.yml": lenient(bait)},
        slow=True,
    ),
    Attack(name="rules that are gone", change=lambda _: {"gatebot.yml": None}, slow=True),
    Attack(
        name="rules of another name",
        change=lambda bait: {"other.yml": lenient(bait)},
        inputs={"config": "other.yml"},
    ),
    Attack(
        name="rules in another folder",
        change=lambda bait: {
            "sub/gatebot.yml": lenient(bait),
            "sub/data/rows.csv": project.ROWS_CSV,
            **{f"sub/{name}": text for name, text in project.HARMFUL.items()},
        },
        inputs={"config": "sub/gatebot.yml"},
        slow=True,
    ),
    Attack(
        name="rules in another spelling",
        change=lambda bait: {
            name: lenient(bait) for name in ("GATEBOT.yml", "Gatebot.YML", "gatebot.yaml", "gatebot.yml ")
        },
    ),
    Attack(name="rules of head's own", change=lambda bait: {"gatebot.yml": lenient(bait)}, slow=True),
)
