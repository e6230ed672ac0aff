import pytest

from gatebot.core.finding import Priority, Status
from gatebot.evidence.snapshot import SnapshotProvenance
from tests.checks.worlds import HARMLESS, facts, run, said, silent, weighed, world

CHECK = "code.environment"


def _with(**changes: str | None) -> object:
    def edit(known: SnapshotProvenance) -> SnapshotProvenance:
        found = {**known.environment, **{name: value for name, value in changes.items() if value is not None}}
        left = {name: value for name, value in found.items() if changes.get(name, value) is not None}
        return known.model_copy(update={"environment": left})

    return edit


FAULT = world().head_with(about=_with(python="3.12.1", numpy=None, torch="2.5.0"))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"python": "3.12.1"}, ["python 3.11.9 → 3.12.1"]),
        ({"numpy": None}, ["numpy 2.1.0 → -"]),
        ({"torch": "2.5.0"}, ["torch - → 2.5.0"]),
        ({"python": "3.12.1", "torch": "2.5.0"}, ["python 3.11.9 → 3.12.1", "torch - → 2.5.0"]),
    ],
)
def test_each_difference_is_told(changes: dict[str, str | None], told: list[str]) -> None:
    planted = world().head_with(about=_with(**changes))  # type: ignore[arg-type]
    assert facts(CHECK, planted, "environment") == {"count": len(told), "changes": told}
    assert said(CHECK, planted) == {"environment": Status.NEW}
    assert weighed(CHECK, planted)["environment"].priority is Priority.P3


def test_what_may_differ_may_be_named() -> None:
    planted = world().head_with(about=_with(libblas="1", libcuda="2")).comparison()  # type: ignore[arg-type]
    assert not run(CHECK, planted, ignore=("lib*",))
    assert run(CHECK, planted, ignore=("libblas",))


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_changes_pass(name: str) -> None:
    assert silent(CHECK, HARMLESS[name])


def test_the_order_of_names_is_no_difference() -> None:
    turned = world().head_with(
        about=lambda known: known.model_copy(update={"environment": dict(reversed(known.environment.items()))})
    )
    assert silent(CHECK, turned)
