"""Draws the smallest detectable loss against eval rows, with a line per number of seeds, as a self-contained SVG."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from gatebot.power.analysis import DetectableEffect
from gatebot.power.text import Amounts, sentence
from gatebot.render.escape import plain
from gatebot.render.numbers import counted, grouped, number
from gatebot.stats.detectable_effect import guarded

WIDTH, HEIGHT = 760, 340
LEFT, RIGHT, TOP, BOTTOM = 64, 610, 56, 292
COLOURS = ("#9ecae1", "#6baed6", "#4292c6", "#2171b5", "#084594")
MARGIN_COLOUR = "#b3261e"
POINTS = 60
STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#1f2328}.title{font-size:14px;font-weight:600}"
    ".axis{stroke:#d0d7de}.line{fill:none;stroke-width:2}.small{fill:#59636e}"
    f".margin{{fill:{MARGIN_COLOUR}}}"
)


@dataclass(frozen=True, slots=True)
class _Plot:
    """The panel of one metric, and its coordinates. The axis of rows is logarithmic."""

    top: float
    fewest: float
    most: float
    tallest: float

    def x(self, rows: float) -> float:
        share = math.log(rows / self.fewest) / math.log(self.most / self.fewest)
        return round(LEFT + share * (RIGHT - LEFT), 1)

    def y(self, loss: float) -> float:
        share = min(loss / self.tallest, 1.0)
        return round(self.top + BOTTOM - share * (BOTTOM - TOP), 1)


def curves(effects: Sequence[DetectableEffect]) -> str:
    """Return the SVG of these metrics, one panel below the other."""
    panels = "".join(line for at, effect in enumerate(effects) for line in _panel(effect, HEIGHT * at))
    tall = HEIGHT * max(len(effects), 1)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{tall}" viewBox="0 0 {WIDTH} {tall}" '
        f'role="img" aria-label="smallest loss that can be seen, by eval rows and seeds">'
        f'<style>{STYLE}</style><rect width="{WIDTH}" height="{tall}" fill="#ffffff"/>{panels}</svg>\n'
    )


def _panel(effect: DetectableEffect, top: float) -> Iterator[str]:
    amounts, now, margin = Amounts.of(effect), effect.now, effect.demand.margin
    fewest, most = max(now.rows / 4, 10.0), now.rows * 16.0
    needed = effect.rows_needed
    if needed is not None and most < needed <= now.rows * 200:
        most = 1.5 * needed
    tallest = max(1.25 * margin, 1.15 * guarded(effect.smoke, effect.demand, now.rows / 2, effect.seeds))
    plot = _Plot(top, fewest, most, tallest)
    yield f"<g><title>{escape(plain(effect.subject))}: {escape(sentence(effect))}</title>"
    yield _text(LEFT, top + 24, f"{plain(effect.subject)}: smallest margin that can be guarded", "title")
    yield from _axes(plot, amounts)
    for seeds, colour in zip(effect.columns, COLOURS[-len(effect.columns) :], strict=False):
        yield from _line(plot, effect, seeds, colour)
    edge = plot.y(margin)
    yield f'<path d="M{LEFT} {edge}H{RIGHT}" stroke="{MARGIN_COLOUR}" stroke-dasharray="6 4"/>'
    yield _text(RIGHT - 4, edge - 5, f"margin {amounts(margin)}", "margin", "end")
    yield f'<circle cx="{plot.x(now.rows)}" cy="{plot.y(now.held)}" r="5" fill="#1f2328"/>'
    have = "now" if effect.artifact else f"now, {counted(now.seeds, 'seed')}"
    yield _text(plot.x(now.rows) + 9, plot.y(now.held) - 7, f"{have}: {amounts(now.held)}")
    yield "</g>"


def _axes(plot: _Plot, amounts: Amounts) -> Iterator[str]:
    low = plot.y(0)
    yield f'<path class="axis" d="M{LEFT} {plot.top + TOP}V{low}H{RIGHT}" fill="none"/>'
    for loss in _round_steps(plot.tallest):
        at = plot.y(loss)
        yield f'<path class="axis" d="M{LEFT} {at}H{RIGHT}" stroke-opacity="0.5"/>'
        yield _text(LEFT - 6, at + 4, number(loss * amounts.unit.factor), "small", "end")
    for rows in _decades(plot.fewest, plot.most):
        at = plot.x(rows)
        yield f'<path class="axis" d="M{at} {low}v5"/>'
        yield _text(at, low + 18, grouped(rows), "small", "middle")
    yield _text(RIGHT + 8, low + 18, "eval rows", "small")


def _line(plot: _Plot, effect: DetectableEffect, seeds: int, colour: str) -> Iterator[str]:
    ratio = plot.most / plot.fewest
    rows = [plot.fewest * ratio ** (at / POINTS) for at in range(POINTS + 1)]
    seen = [(each, guarded(effect.smoke, effect.demand, each, seeds)) for each in rows]
    inside = [(each, loss) for each, loss in seen if loss <= plot.tallest]
    if not inside:
        return
    path = "L".join(f"{plot.x(each)} {plot.y(loss)}" for each, loss in inside)
    yield f'<path class="line" d="M{path}" stroke="{colour}"/>'
    if not effect.artifact:
        column = effect.columns.index(seeds)
        legend = plot.top + TOP + 16 * column
        yield f'<path d="M{RIGHT + 8} {legend}h16" stroke="{colour}" stroke-width="3"/>'
        yield _text(RIGHT + 30, legend + 4, counted(seeds, "seed"))


def _text(x: float, y: float, text: str, style: str = "plain", anchor: str = "start") -> str:
    return f'<text class="{style}" x="{x}" y="{y}" text-anchor="{anchor}">{escape(text)}</text>'


def _round_steps(most: float) -> Iterator[float]:
    """Yield three to seven round numbers from 0 to `most`."""
    size = 10.0 ** math.floor(math.log10(most))
    step = next(size * part for part in (0.2, 0.5, 1.0, 2.0) if most / (size * part) <= 7)
    yield from (step * at for at in range(int(most / step) + 1))


def _decades(fewest: float, most: float) -> Iterator[int]:
    """Yield 1, 2 and 5 times the powers of ten between two numbers."""
    for power in range(math.floor(math.log10(fewest)), math.ceil(math.log10(most)) + 1):
        yield from (rows for part in (1, 2, 5) if fewest <= (rows := part * 10**power) <= most)
