"""A line chart as one self-contained SVG."""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 900, 400
LEFT, RIGHT, TOP, BOTTOM = 60, 560, 50, 350
COLOURS = (
    *("#1b6ca8", "#d1495b", "#3a7d44", "#8e5ea2", "#b8860b", "#555555", "#00838f", "#c2185b"),
    *("#7cb342", "#5c6bc0", "#8d6e63", "#ef6c00", "#26a69a"),
)
STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#1f2328}.title{font-size:14px;font-weight:600}"
    "path{fill:none}.axis{stroke:#d0d7de}.line{stroke-width:2}"
)


@dataclass(frozen=True, slots=True)
class Series:
    """One line: its name and its points, x ascending."""

    name: str
    points: Sequence[tuple[float, float]]
    dashed: bool = False


def chart(title: str, across: str, up: str, series: Sequence[Series], *, mark: tuple[float, str] | None = None) -> str:
    """The chart; y runs from 0 to 100. `mark` is a vertical line with a name."""
    most = max((x for each in series for x, _ in each.points), default=1.0)
    size = f'width="{WIDTH}" height="{HEIGHT}"'
    start = f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
    parts = [
        f'{start} aria-label="{escape(title)}"><style>{STYLE}</style><rect {size} fill="#ffffff"/>',
        _text(LEFT, 26, title, "title"),
        _text(LEFT, TOP - 8, up),
        _text((LEFT + RIGHT) / 2, BOTTOM + 36, across, anchor="middle"),
    ]
    for share in range(0, 101, 20):
        parts.append(f'<path class="axis" d="M{LEFT} {_y(share)}H{RIGHT}"/>')
        parts.append(_text(LEFT - 6, _y(share) + 4, str(share), anchor="end"))
    parts += [_text(_x(at, most), BOTTOM + 18, str(at), anchor="middle") for at in range(int(most) + 1)]
    if mark is not None:
        parts.append(f'<path d="M{_x(mark[0], most)} {TOP}V{BOTTOM}" stroke="#b3261e" stroke-dasharray="2 3"/>')
        parts.append(_text(_x(mark[0], most) + 4, TOP + 10, mark[1]))
    for place, each in enumerate(series):
        parts += _line(each, COLOURS[place % len(COLOURS)], place, most)
    return "".join([*parts, "</svg>\n"])


def _line(series: Series, colour: str, place: int, most: float) -> list[str]:
    path = "L".join(f"{_x(x, most)} {_y(y)}" for x, y in series.points)
    dash = ' stroke-dasharray="5 4"' if series.dashed else ""
    legend = TOP + 18 * place
    return [
        f'<path class="line" d="M{path}" stroke="{colour}"{dash}/>',
        f'<path class="line" d="M{RIGHT + 14} {legend}h20" stroke="{colour}"{dash}/>',
        _text(RIGHT + 40, legend + 4, series.name),
    ]


def _x(value: float, most: float) -> float:
    return round(LEFT + value / most * (RIGHT - LEFT), 1)


def _y(share: float) -> float:
    return round(BOTTOM - share / 100 * (BOTTOM - TOP), 1)


def _text(x: float, y: float, text: str, style: str = "plain", anchor: str = "start") -> str:
    return f'<text class="{style}" x="{x}" y="{y}" text-anchor="{anchor}">{escape(text)}</text>'
