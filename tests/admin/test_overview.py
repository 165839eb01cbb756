import re
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from signup.access.operator import Operator
from signup.admin.frame.chart import ChartLine, bar, line_chart, nice_ceiling
from signup.admin.overview.overview_numbers import OverviewNumbers
from signup.counts import tally
from signup.counts.step import Step, StepCount, count_steps
from signup.counts.tally import Measure
from signup.counts.uplift import UpliftGroup, growth
from signup.fields import objective
from signup.ground.clock import utcnow
from signup.ground.db import db, transaction
from tests.admin.cast import add_contact, signed_in
from tests.cast import make_form, make_list

DAYS = [date(2026, 11, 1) + timedelta(days=n) for n in range(30)]


def fill() -> int:
    """The Letter's form: 100 signed up a month ago, 80 of them confirmed; two months ago 50 and 44; now 10 and 3.

    Today 8 confirmed and 2 of them left. On another list 5 signed up, and all are open.
    """
    form, noise = make_form(), make_form(make_list("noise", name="Noise"), magnet=False)
    letter = form.list_id
    with transaction():
        tally.count([{"measure": Measure.SUBMITTED, "list_id": letter, "source": "Blog", "n": 10}])
        tally.count([{"measure": Measure.CONFIRMED, "list_id": letter, "n": 8}])
        tally.count([{"measure": Measure.UNSUBSCRIBED, "list_id": letter, "n": 2}])
        tally.count([{"measure": Measure.IMPORTED, "list_id": letter, "n": 12}])
        tally.count([{"measure": Measure.IN_STATE + "confirmed", "list_id": letter, "n": 6}])
        tally.count([{"measure": Measure.SUBMITTED, "list_id": noise.list_id, "source": "Kiosk", "n": 5}])
        for days_ago, submitted, confirmed in ((30, 100, 80), (60, 50, 44), (0, 10, 3)):
            day = utcnow().date() - timedelta(days=days_ago)
            steps = {Step.SUBMITTED: submitted, Step.MAILED: submitted, Step.CONFIRMED + "1h": confirmed}
            count_steps({"day": day, "form_id": form.id, "step": step, "n": n} for step, n in steps.items())
        count_steps([{"day": utcnow().date(), "form_id": noise.id, "step": Step.SUBMITTED, "n": 5}])
    return letter


def test_figures_count_one_list_or_all(context: Flask) -> None:
    letter = fill()
    own, everything = OverviewNumbers(letter, 30), OverviewNumbers(None, 30)
    assert own.total(Measure.SUBMITTED) == 10
    assert everything.total(Measure.SUBMITTED) == 15
    assert own.confirmed_now == 6
    assert own.confirmed_at_start() == 0
    assert own.left(own.period) == UpliftGroup(2, 8)
    assert own.left(own.period.whole) == UpliftGroup(0, 0)
    assert own.sources() == [("Blog", 10)]
    assert everything.sources() == [("Blog", 10), ("Kiosk", 5)]
    assert own.total(Measure.SUBMITTED, own.period.before) == 0


def test_who_can_still_confirm_is_neither_won_nor_lost(context: Flask) -> None:
    letter = fill()
    own, everything = OverviewNumbers(letter, 30), OverviewNumbers(None, 30)
    settled = own.period.settled
    assert own.cohort(settled).confirm_rate == everything.cohort(settled).confirm_rate == 0.8
    assert own.cohort(settled.before).confirm_rate == 0.88
    assert (own.still_open, everything.still_open) == (7, 12)


def test_the_overview_and_its_csv_show_the_figures(app: Flask) -> None:
    fill()
    client = signed_in(app)
    page = client.get("/admin/?list=the-letter").text
    assert "80.0\u00a0%" in page
    assert "7 newer sign-ups can still be confirmed" in page
    assert "imported in addition: 12" in page
    assert "Blog" in page
    assert "Kiosk" not in page
    lines = client.get("/admin/overview.csv?list=the-letter&days=7").text.splitlines()
    assert len(lines) == 8
    assert lines[-1].endswith(",10,8,2")


def test_a_change_that_may_be_chance_has_no_colour(app: Flask) -> None:
    fill()
    client = signed_in(app)
    change = re.compile(r"<h2>Confirmation rate.*?<b class=\"(\w*)\">", re.DOTALL)
    assert change.findall(client.get("/admin/?list=the-letter").text) == [""]
    with transaction():
        db.session.execute(update(StepCount).values(n=StepCount.n * 20))
    assert change.findall(client.get("/admin/?list=the-letter").text) == ["bad"]


def test_a_count_grows_within_the_interval_of_its_chances() -> None:
    """130 after 100: the share 130/230 has Wilson's interval 0.5006 to 0.6278 by hand, and 0.5 would be no growth."""
    found = growth(130, 100)
    assert found
    assert (round(found.value, 4), found.is_clear) == (0.3, True)
    assert (1 + found.low) / (2 + found.low) == pytest.approx(0.5006, abs=2e-4)
    assert (1 + found.high) / (2 + found.high) == pytest.approx(0.6278, abs=2e-4)
    small = growth(115, 100)
    assert small
    assert not small.is_clear
    assert growth(5, 0) is None


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


def test_a_last_day_that_is_not_over_is_drawn_apart() -> None:
    chart = line_chart("T", DAYS, [ChartLine("Signed up", "main", range(30))], [], is_partial=True)
    whole, partial = re.findall(r'polyline class="main( partial)?" points="([^"]+)"', chart.svg)
    assert (len(whole[1].split()), len(partial[1].split())) == (29, 2)
    assert whole[1].split()[-1] == partial[1].split()[0]


def test_the_axis_ends_at_a_round_number_that_four_divides() -> None:
    for value in (0, 1, 3, 5, 9, 17, 99, 101, 1234, 98_765):
        top = nice_ceiling(value)
        assert top >= value
        assert top % 4 == 0


def test_the_first_steps_are_there_until_they_are_taken(app: Flask) -> None:
    client = signed_in(app)
    with transaction():
        db.session.execute(update(Operator).values(password_hash=None))
    page = client.get("/admin/").text
    for step in ("Set a password", "Say what your contacts are for", "Add a list"):
        assert f"<b>{step}</b></a>" in page
    assert "Publish a form" not in page
    form = make_form()
    with transaction():
        add_contact(form.list, "ada@example.org")
        objective.choose(["communicate"], "", "people", "opal@example.org")
    page = client.get("/admin/").text
    assert page.count('<li class="done">') == 4
    assert "<b>Set a password</b></a>" in page
    with transaction():
        db.session.execute(update(Operator).values(password_hash="x"))
    assert "First steps" not in client.get("/admin/").text
