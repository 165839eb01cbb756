"""Every number on every page is what plain SQL says, and none stands there unmarked.

A new page with a number shows it by `figure`, `share` or `short`, and says in `figure_queries` what it must be.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from signup.admin.blueprint import sections
from signup.audience import reach, scoring_round
from signup.counts.period import up_to_today
from signup.demo import crowd
from signup.demo.seed import settle
from signup.duplicates.find_duplicates import search
from signup.fields import field_figure
from signup.forms.form import Form
from signup.ground.db import transaction
from tests.admin.figures import FiguresOfPage, asked, computed
from tests.admin.world import make_world

PEOPLE = 150
OF_VALUES = {"contacts", "help"}
"""Folders whose pages show what people gave, or are the manual."""
EXPLAINS = {
    *("/admin/settings/service", "/admin/settings/account", "/admin/settings/retention", "/admin/settings/audit"),
    *("/admin/consent/record", "/admin/contacts/fields/advice"),
}
"""Pages that also show versions, addresses and how long something is kept; and the advisor, whose sentences have a test
of their own.
"""
WORDS = re.compile(
    r"\d{1,2} \w{3,9}( \d{4})?|[\w.]+@[\w.]+"  # a day, an address
    r"|version \d+|Step \d of \d|the last 200|after \d+ days|\d+ (B|kB)|EX[A-Z0-9]{8}"
    r"|(0|20|40|60|80)–\d+|\d+ to \d+|500 or more|/ \d+|of 100|80 or more|8|24 hours|(7|30) days|\d+ days before"
)
"""Numbers that are no figures: days, bands, the most that something can be."""


@pytest.fixture(autouse=True)
def marked(app: Flask) -> Iterator[None]:
    """Figures with their names, as no other test sees them."""
    app.config["MARK_FIGURES"] = True
    yield
    del app.config["MARK_FIGURES"]


@pytest.fixture
def seeded(app: Flask, opal: FlaskClient) -> Form:
    """Two lists with something of every kind, and one with made-up people; its form."""
    make_world(app, opal)
    form = settle(())[1]
    with transaction():
        form.name = "Made-up form"
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    list(crowd.gather(form, PEOPLE, 1, midnight))
    scoring_round.run_round()
    search()
    reach.count_segments()
    field_figure.measure()
    return form


def paths(form: Form) -> Iterator[str]:
    """Every page without an object, and those of the made-up list, its form and its people."""
    list_ = form.list.slug
    yield from (f"/admin/?list={list_}", f"/admin/?list={list_}&days=7")
    yield from (
        f"/admin/forms/{form.public_id}/funnel?by={by}" for by in ("source", "site", "language", "provider", "day")
    )
    for section in sections:
        for page in section.pages:
            folder = page.view.__module__.split(".")[2]
            is_plain = "GET" in page.methods and "<" not in page.rule and not page.rule.endswith((".csv", ".json"))
            if is_plain and folder not in OF_VALUES | {"overview"}:
                yield f"/admin{page.rule}"


def values_of(form: Form, days: int) -> dict[str, Any]:
    """What the queries ask about."""
    period = up_to_today(days)
    spans = {"": period, "settled_": period.settled, "before_": period.settled.before}
    spans |= {"whole_": period.whole, "whole_before_": period.whole.before}
    found: dict[str, Any] = {"list": form.list_id, "form": form.id}
    for name, span in spans.items():
        found |= {f"{name}first": str(span.first), f"{name}last": str(span.last)}
    fresh = max(period.first, period.settled.last + timedelta(days=1))
    found |= {"fresh_first": str(fresh), "fresh_last": str(period.last)}
    return found | {"over_first": str(period.first), "over_last": str(period.settled.last)}


@pytest.mark.both_engines
def test_every_figure_of_every_page_is_what_plain_sql_counts(opal: FlaskClient, seeded: Form) -> None:
    wrong: list[str] = []
    seen = set()
    for path in paths(seeded):
        answer = opal.get(path)
        if answer.status_code == HTTPStatus.OK:
            page = FiguresOfPage(answer.text)
            wrong += _wrong(path, page, values_of(seeded, 7 if "days=7" in path else 30))
            seen |= {name.partition(" ")[0] for name in page.figures}
    assert not wrong, "\n".join(wrong)
    assert len(seen) > 80


def _wrong(path: str, page: FiguresOfPage, values: dict[str, Any]) -> Iterator[str]:
    if path not in EXPLAINS and not path.endswith("/new"):
        unmarked = (words for words in page.rest if re.search(r"\d", WORDS.sub("", words)))
        yield from (f"{path}: “{words}” is marked as no figure" for words in unmarked)
    for name, shown in page.figures.items():
        found = asked(name, values)
        if found is None:
            yield f"{path}: no query says what {name} must be ({shown})"
        else:
            must = computed(*found)
            if must != pytest.approx(shown, abs=1e-6):
                yield f"{path}: {name} is {shown}, and must be {must}"
