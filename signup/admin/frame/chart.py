"""Charts as SVG, pure functions from numbers to markup: sparks, lines, curves, bars.

Words and axes around them are HTML. The drawings stretch to their box (`preserveAspectRatio="none"`, strokes that do
not scale); text never does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil, log10

from markupsafe import Markup

WIDTH, HEIGHT = 1000, 240
SPARK_WIDTH, SPARK_HEIGHT = 220, 32
TICKS = 4
LABELS = 7


@dataclass(frozen=True)
class ChartLine:
    """One series of a line chart. `css` is the class that gives its colour."""

    label: str
    css: str
    values: Sequence[int]


@dataclass(frozen=True)
class Chart:
    """A drawn line chart, the ticks of its two axes (top to bottom, left to right)."""

    svg: Markup
    y_ticks: list[int]
    x_ticks: list[date]


def spark(values: Sequence[float], css: str) -> Markup:
    """A small line without axes; a decoration beside the number that says it."""
    low, high = (min(values), max(values)) if values else (0, 0)
    points = _points(values, SPARK_WIDTH, SPARK_HEIGHT, low, high)
    return Markup(
        '<svg class="spark {}" viewBox="0 0 {} {}" preserveAspectRatio="none" aria-hidden="true">'
        '<polyline points="{}"/></svg>'
    ).format(css, SPARK_WIDTH, SPARK_HEIGHT, points)


def line_chart(
    title: str, days: Sequence[date], lines: Sequence[ChartLine], hints: Sequence[str], *, is_partial: bool = False
) -> Chart:
    """A chart over `days`, one point a day for each line; `hints` are the words shown when a day is pointed at.

    `is_partial`: the last day is not over, and the way to it is drawn as such.
    """
    top = nice_ceiling(max((max(line.values, default=0) for line in lines), default=0))
    drawn = [Markup('<line class="grid" x1="0" x2="{}" y1="{}" y2="{}"/>').format(WIDTH, y, y) for y in _grid()]
    if lines and days:
        area = f"0,{HEIGHT} {_points(lines[0].values, WIDTH, HEIGHT, 0, top)} {WIDTH},{HEIGHT}"
        drawn.append(Markup('<polygon class="area {}" points="{}"/>').format(lines[0].css, area))
    for line in lines:
        points = _points(line.values, WIDTH, HEIGHT, 0, top).split(" ")
        sure = points[:-1] if is_partial and len(points) > 1 else points
        drawn.append(Markup('<polyline class="{}" points="{}"/>').format(line.css, " ".join(sure)))
        if sure != points:
            drawn.append(Markup('<polyline class="{} partial" points="{}"/>').format(line.css, " ".join(points[-2:])))
    drawn.extend(_hit_areas(hints))
    svg = Markup(
        '<svg class="plot" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>'
    ).format(WIDTH, HEIGHT, title, Markup("").join(drawn))
    return Chart(svg, [round(top * (TICKS - n) / TICKS) for n in range(TICKS + 1)], _spread(days))


def curve(title: str, shares: Sequence[float], hints: Sequence[str]) -> Markup:
    """A rising line of shares (0 to 1) over evenly spaced marks, with a dot on each."""
    drawn = [Markup('<line class="grid" x1="0" x2="{}" y1="{}" y2="{}"/>').format(WIDTH, y, y) for y in _grid()]
    points = _points(shares, WIDTH, HEIGHT, 0, 1)
    drawn.append(Markup('<polygon class="area good" points="0,{} {} {},{}"/>').format(HEIGHT, points, WIDTH, HEIGHT))
    drawn.append(Markup('<polyline class="good" points="{}"/>').format(points))
    drawn.extend(_hit_areas(hints))
    return Markup(
        '<svg class="plot" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>'
    ).format(WIDTH, HEIGHT, title, Markup("").join(drawn))


def bar(share: float, css: str = "") -> Markup:
    """A horizontal bar of `share` (0 to 1) of its box."""
    width = f"{max(0.0, min(1.0, share)) * 100:.1f}%"
    return Markup(
        '<svg class="bar {}" width="100%" height="8" aria-hidden="true">'
        '<rect class="back" width="100%" height="8" rx="4"/><rect class="fill" width="{}" height="8" rx="4"/></svg>'
    ).format(css, width)


def nice_ceiling(value: int) -> int:
    """The next number that divides into four round steps: 4, 8, 20, 40, 80, 100, 200 …"""
    if value <= TICKS:
        return TICKS
    power = float(10 ** int(log10(value)))
    tops = (ceil(step * power / TICKS) * TICKS for step in (1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8, 10, 12))
    return next(top for top in tops if top >= value)


def _grid() -> list[int]:
    return [round(HEIGHT * n / TICKS) for n in range(TICKS + 1)]


def _points(values: Sequence[float], width: int, height: int, low: float, high: float) -> str:
    span = (high - low) or 1
    step = width / max(1, len(values) - 1)
    heights = [height / 2 if high == low else height - (value - low) / span * height for value in values]
    return " ".join(f"{n * step:.1f},{y:.1f}" for n, y in enumerate(heights))


def _hit_areas(hints: Sequence[str]) -> list[Markup]:
    step = WIDTH / max(1, len(hints) - 1)
    return [
        Markup('<rect class="hit" x="{}" y="0" width="{}" height="{}"><title>{}</title></rect>').format(
            f"{(n - 0.5) * step:.1f}", f"{step:.1f}", HEIGHT, hint
        )
        for n, hint in enumerate(hints)
    ]


def _spread(days: Sequence[date]) -> list[date]:
    if len(days) <= LABELS:
        return list(days)
    return [days[round(n * (len(days) - 1) / (LABELS - 1))] for n in range(LABELS)]
