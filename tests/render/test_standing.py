"""Where the model stands: every value with its interval, beside the trivial model, labelled by what was trained."""

import pytest

from gatebot.core.finding import Direction
from gatebot.core.report import ReportedValue
from gatebot.render.html import page
from gatebot.render.markdown import section
from gatebot.render.standing import TITLE, standing_of, standings
from gatebot.render.terminal import text
from tests.render.reports import bootstrap, passed, value

RATE = value("accuracy", 0.9, 0.8824, 0.91, trivial=0.5)
LOSS = value("log_loss", 0.418, 0.391, 0.4452, trivial=1.2142, direction=Direction.LOWER, tier="confirm", seeds=5)
ALONE = value("accuracy", 0.9, None, None, seeds=1)


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (RATE, ("0.900", "[0.882, 0.910]", "0.500", "smoke, 2 seeds")),
        (LOSS, ("0.418", "[0.391, 0.445]", "1.214", "confirm, 5 seeds")),
        (ALONE, ("0.900", "—", "—", "smoke, 1 seed")),
    ],
)
def test_a_value(found: ReportedValue, told: tuple[str, ...]) -> None:
    one = standing_of(found)
    assert (one.value, one.interval, one.trivial, one.trained) == told


def test_what_gatebot_did_not_make_itself_is_said() -> None:
    told = bootstrap().model_copy(update={"values": (value("accuracy", 0.9, 0.8, 0.95, provenance="untrusted"),)})
    for page_of in (lambda report: text(report, 120), section, page):
        assert "from a job that is not trusted" in page_of(told)
        assert "not trusted" not in page_of(bootstrap())


def test_slices_and_directions_are_told() -> None:
    assert [(each.subject, each.falls) for each in standings(bootstrap())] == [
        ("accuracy", False),
        ("log_loss", True),
        ("recall(urgent)@region=south", False),
    ]


@pytest.mark.parametrize("render", [lambda report: text(report, 120), section, page])
def test_every_report_without_a_base_shows_them(render) -> None:  # type: ignore[no-untyped-def]
    told = render(bootstrap())
    assert TITLE[1:] in told
    assert "[0.830, 0.854]" in told
    assert TITLE[1:] not in render(passed())
