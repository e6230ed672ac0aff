"""What a guarantee needs, beside what there is."""

import json
from dataclasses import replace

import pytest

from gatebot.config.document import Rules
from gatebot.errors import UsageError
from gatebot.power.guarantee import Forecast, as_json, forecast, lines
from gatebot.stats.guarantee import Adaptivity
from tests.checks.worlds import world

EASEML = "n - o > -0.02 +/- 0.01 and d < 0.1 +/- 0.01"
WORLD = world(trains=False, rows=3000)


def beside(condition: str = EASEML, uses: int | None = None, **keys: object) -> Forecast:
    rules = Rules.model_validate({"guarantee": {"condition": condition, **keys}})
    assert WORLD.base is not None
    about = WORLD.base.about.model_copy(update={"eval_uses": uses})
    found = forecast(replace(WORLD.base, about=about), rules)
    assert found is not None
    return found


def test_without_a_guarantee_there_is_nothing_to_say() -> None:
    assert forecast(WORLD.head, Rules()) is None


def test_every_adaptivity_and_both_bounds_stand_side_by_side() -> None:
    found = beside()
    assert [each.adaptivity for each in found.outlays] == list(Adaptivity)
    none, first, full = found.outlays
    assert none.by_range < first.by_range < full.by_range
    for each in found.outlays:
        assert each.needed < each.by_range / 3
    assert (found.promise.rows, found.rows, found.is_enough) == (full.needed, 3000, False)


def test_fewer_rows_take_a_bound_of_what_changes() -> None:
    found = beside("n - o > -0.02 +/- 0.01")
    assert all(each.needed == each.by_range for each in found.outlays)
    assert "With a clause such as" in "\n".join(lines(found))


@pytest.mark.parametrize(
    ("uses", "keys", "enough"),
    [
        (None, {}, True),
        (3, {}, True),
        (4, {}, False),
        (1, {"adaptivity": "first-change"}, False),
        (0, {"reliability": 0.99999, "steps": 400}, False),
    ],
)
def test_enough_is_said_plainly(uses: int | None, keys: dict[str, object], enough: bool) -> None:
    found = beside("n - o > -0.1 +/- 0.05 and d < 0.3 +/- 0.05", uses, **{"reliability": 0.9, "steps": 4, **keys})
    text = list(lines(found))
    assert found.is_enough is enough
    assert text[1].startswith("✓" if enough else "✗")
    assert "and there are 3,000" in text[1]
    assert any("main has used them" in line for line in text) is (uses is not None)
    assert sum("(chosen)" in line for line in text) == 1


def test_json_holds_everything() -> None:
    found = json.loads(json.dumps(as_json(beside(uses=3))))
    assert (found["rows"], found["uses"], found["enough"], found["adaptivity"]) == (3000, 3, False, "full")
    assert [each["adaptivity"] for each in found["table"]] == ["none", "first-change", "full"]
    assert found["rows_needed"] == found["table"][2]["rows_needed"]


def test_of_a_trained_model_none_can_be_given() -> None:
    with pytest.raises(UsageError, match="fixed models only"):
        forecast(world().head, Rules.model_validate({"guarantee": {"condition": EASEML}}))
