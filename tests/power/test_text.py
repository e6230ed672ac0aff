"""What people read, and what they see."""

import json
import re
from xml.etree import ElementTree as ET

import pytest

from gatebot.power.analysis import DetectableEffect, analyse, chosen
from gatebot.power.curve import curves
from gatebot.power.text import as_json, as_text, sentence
from tests.power.test_analysis import METRICS, baseline, effects, rules


def test_a_margin_that_cannot_be_guarded_is_said_plainly() -> None:
    said = sentence(effects(baseline(300))["accuracy"])
    assert re.fullmatch(
        r"300 rows and 2 seeds see ≥ [\d.]+ points: the margin of 2 points cannot be guarded; [\d,]+ rows would", said
    )


def test_a_margin_that_is_guarded_is_said_too() -> None:
    said = sentence(effects(baseline(300), {"metric": "accuracy", "margin": "0.2"})["accuracy"])
    assert said.endswith("the margin of 20 points is guarded")


def test_a_margin_beyond_everybody_s_reach() -> None:
    said = sentence(effects(baseline(300), {"metric": "accuracy", "margin": "0.00001"})["accuracy"])
    assert "nothing within reach would" in said


@pytest.mark.parametrize(("rows", "sign"), [(300, "✗"), (5000, "✓")])
def test_the_text_has_a_line_a_metric_and_tables(rows: int, sign: str) -> None:
    snapshot = baseline(rows)
    text = as_text(snapshot.about, chosen(analyse(snapshot, rules())))
    assert f"\n{sign} accuracy: {rows:,} rows" in text
    assert f"{rows:,} (now)" in text
    assert "rows that guard the margin" in text
    assert "losses in points" in text
    assert "losses in %" in text
    assert max(map(len, text.splitlines())) <= 140


def test_a_margin_is_proposed_where_seeds_alone_are_the_trouble_and_never_for_few_rows() -> None:
    few, restless = baseline(300), baseline(5000)
    accuracy: dict[str, object] = {"metric": "accuracy", "margin": "0.02"}
    assert not effects(few, accuracy)["accuracy"].guards
    assert "Seeds alone" not in as_text(few.about, chosen(analyse(few, rules(accuracy))))
    tight: dict[str, object] = {"metric": "log_loss", "margin": "1%"}
    text = as_text(restless.about, chosen(analyse(restless, rules(tight))))
    proposed = re.search(r"Seeds alone .*\n  log_loss: margin (\d+%)$", text, re.MULTILINE)
    assert proposed is not None
    wider = effects(restless, {"metric": "log_loss", "margin": proposed[1]})["log_loss"]
    assert wider.proposed is None


def test_json_holds_everything() -> None:
    snapshot = baseline(300)
    found = json.loads(json.dumps(as_json(snapshot.about, chosen(analyse(snapshot, rules())))))
    accuracy = found["metrics"][0]
    assert accuracy["guarded"] is False
    assert accuracy["sees"] > accuracy["margin"] == 0.02
    assert len(accuracy["table"]) == 15
    assert accuracy["rows_needed"]["2"] > 300


def test_the_picture_is_an_svg_with_a_line_for_each_number_of_seeds() -> None:
    snapshot = baseline(300)
    recall: dict[str, object] = {"metric": "recall", "of": "c", "slice": "channel", "margin": "0.05"}
    found: list[DetectableEffect] = [
        each for each in analyse(snapshot, rules(*METRICS, recall)) if isinstance(each, DetectableEffect)
    ]
    root = ET.fromstring(curves(found))  # noqa: S314  # our own text
    space = {"svg": "http://www.w3.org/2000/svg"}
    panels = root.findall("svg:g", space)
    assert len(panels) == len(found)
    assert len(panels[0].findall("svg:path[@class='line']", space)) == 5
    texts = [each.text for each in panels[0].findall("svg:text", space)]
    assert "margin 2 points" in texts
    assert not re.search(r"(href|src|url\(|<script)", curves(found))
