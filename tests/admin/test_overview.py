from datetime import date, timedelta

from flask import Flask

from signup.admin.frame.chart import ChartLine, bar, line_chart, nice_ceiling
from signup.admin.overview.overview_numbers import OverviewNumbers
from signup.counts import tally
from signup.counts.tally import Measure
from signup.ground.db import transaction
from tests.admin.cast import signed_in
from tests.cast import make_list

DAYS = [date(2026, 11, 1) + timedelta(days=n) for n in range(30)]


def fill() -> int:
    """On The Letter today: 10 signed up, 8 confirmed, 2 of them left; on another list 5 signed up."""
    letter, noise = make_list(), make_list("noise", name="Noise")
    with transaction():
        tally.count([{"measure": Measure.SUBMITTED, "list_id": letter.id, "source": "Blog", "n": 10}])
        tally.count([{"measure": Measure.CONFIRMED, "list_id": letter.id, "n": 8}])
        tally.count([{"measure": Measure.UNSUBSCRIBED, "list_id": letter.id, "n": 2}])
        tally.count([{"measure": Measure.IN_STATE + "confirmed", "list_id": letter.id, "n": 6}])
        tally.count([{"measure": Measure.SUBMITTED, "list_id": noise.id, "source": "Kiosk", "n": 5}])
    return letter.id


def test_figures_count_one_list_or_all(context: Flask) -> None:
    letter = fill()
    own, everything = OverviewNumbers(letter, 30), OverviewNumbers(None, 30)
    assert own.total(Measure.SUBMITTED) == 10
    assert everything.total(Measure.SUBMITTED) == 15
    assert own.rate(Measure.CONFIRMED, Measure.SUBMITTED) == 0.8
    assert own.confirmed_now == 6
    assert own.confirmed_at_start() == 0
    assert own.unsubscribe_rate() == 0.25
    assert own.sources() == [("Blog", 10)]
    assert everything.sources() == [("Blog", 10), ("Kiosk", 5)]
    assert own.total(Measure.SUBMITTED, own.period.before) == 0


def test_the_overview_and_its_csv_show_the_figures(app: Flask) -> None:
    fill()
    client = signed_in(app)
    page = client.get("/admin/?list=the-letter&days=7").text
    assert "80.0\u00a0%" in page
    assert "Blog" in page
    assert "Kiosk" not in page
    lines = client.get("/admin/overview.csv?list=the-letter&days=7").text.splitlines()
    assert len(lines) == 8
    assert lines[-1].endswith(",10,8,2")


def test_an_empty_service_says_what_to_do_next(app: Flask) -> None:
    assert "Add a list, then a form" in signed_in(app).get("/admin/").text


def test_a_chart_is_drawn_from_numbers_alone() -> None:
    chart = line_chart("T <b>", DAYS, [ChartLine("Signed up", "main", range(30))], ["hint"] * 30)
    assert "T &lt;b&gt;" in chart.svg
    assert chart.y_ticks == [32, 24, 16, 8, 0]
    assert chart.x_ticks[0] == DAYS[0]
    assert chart.x_ticks[-1] == DAYS[-1]
    assert "style=" not in chart.svg
    assert 'width="50.0%"' in bar(0.5)
    assert 'width="100.0%"' in bar(7)


def test_the_axis_ends_at_a_round_number_that_four_divides() -> None:
    for value in (0, 1, 3, 5, 9, 17, 99, 101, 1234, 98_765):
        top = nice_ceiling(value)
        assert top >= value
        assert top % 4 == 0
