"""Segments in the admin: built by buttons without a script, counted, saved in versions, exported with a proof."""

import html
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from signup.access.session import STEP_UP, OperatorSession
from signup.admin.segments.segment_preset import PRESETS
from signup.audience import reach as reaching
from signup.audience import search
from signup.audience.reach import STALE, Reach, count_segments, last_reach, newest, reach
from signup.audience.rule import EVERYONE, Condition, ConditionGroup, parse, to_content
from signup.audience.segment import Segment, SegmentVersion, find_segment, find_version
from signup.cli.main import main
from signup.companies.company import Company
from signup.companies.position import Position
from signup.consent.mailing_list import find_list
from signup.consent.subscription import Subscription
from signup.contacts.contact import Contact, hash_addresses
from signup.exports.export_run import ExportRun
from signup.fields.operator import Op
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from signup.ground.errors import NotFound, TooSlow
from signup.ground.query_planning import within
from tests.admin.cast import EDITH, OPAL, VIC, actions, add_contact, post, signed_in
from tests.cast import DAN, make_form, make_list, suppress

pytestmark = pytest.mark.both_engines

ADA_RULE = {"r.match": "all", "r-0.subject": "name", "r-0.op": "begins", "r-0.value": "ada"}


def fill(app: Flask) -> None:
    """Ada and Dan confirmed, Bob pending, Cleo gone; Dan on the stop list; Nina on another list, Noel on none."""
    letter, noise = make_form(magnet=False).list, make_list("noise", name="Noise")
    with transaction():
        ada = add_contact(letter, "ada@example.org", "Ada Lovelace")
        ada.answers = {"interests": ["design"], "first_name": "Ada"}
        add_contact(letter, DAN, "Dan Brown")
        add_contact(letter, "bob@example.org", "Bob Marley", "pending")
        add_contact(letter, "cleo@example.org", "", "unsubscribed")
        add_contact(noise, "nina@example.org", "Nina Simone")
        noel = Contact(address="noel@example.org", address_key="noel@example.org", name="Noel", name_key="noel")
        db.session.add(noel)
    suppress(DAN)


def save(app: Flask, name: str = "Ada and friends", rule: dict[str, Any] | None = None) -> None:
    with transaction():
        segment = Segment(slug="ada-and-friends", name=name)
        segment.publish(parse(rule or {"rules": [{"subject": "name", "op": "begins", "value": "ada"}]}))


def test_reach_says_who_may_be_mailed_and_why_the_others_may_not(app: Flask) -> None:
    fill(app)
    everyone = reach(ConditionGroup())
    assert (everyone.total, everyone.mailable, everyone.is_capped) == (6, 2, False)
    assert everyone.excluded == {"pending": 1, "unsubscribed": 1, "suppressed": 1, "no-list": 1}
    letter = find_list("the-letter").id
    assert reach(ConditionGroup(), frozenset({letter})).mailable == 1
    assert reach(ConditionGroup(), frozenset({letter})).excluded["no-list"] == 2
    named = ConditionGroup(rules=(Condition(subject="name", op=Op.FILLED),))
    assert [one.name.split()[0] for one in newest(reach(named))] == ["Noel", "Nina", "Bob", "Dan", "Ada"]


def test_an_operator_of_some_lists_is_told_who_may_be_mailed_by_these(app: Flask) -> None:
    fill(app)
    lists = {slug: make_list(slug, name=slug) if slug == "third" else find_list(slug) for slug in ("noise", "third")}
    with transaction():
        for address, state in (("ada@example.org", "unsubscribed"), ("bob@example.org", "confirmed")):
            contact = db.session.scalars(select(Contact.id).where(Contact.address_key == address)).one()
            db.session.add(Subscription(contact_id=contact, list_id=lists["noise"].id, state=state, confirmed_at=now()))
            db.session.add(
                Subscription(contact_id=contact, list_id=lists["third"].id, state="bounced", confirmed_at=now())
            )
    ids = frozenset(one.id for one in lists.values())
    edith = signed_in(app, EDITH, ids)
    page = edith.get("/admin/segments/new").text  # Ada, confirmed on a list that is not hers, has left one of hers
    told = re.findall(r"<dt>([^<]+)</dt><dd>(\d+)</dd>", page)
    assert ("can be emailed", "2") in told  # Bob and Nina
    assert ("have unsubscribed", "1") in told
    assert reach(EVERYONE, frozenset()).mailable == 0


def test_a_question_that_takes_long_is_given_up_and_the_next_one_is_answered(context: Flask) -> None:
    endless = text(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1e9) SELECT count(*) FROM n"
    )
    with pytest.raises(TooSlow), within(timedelta(milliseconds=20)):
        db.session.execute(endless)
    assert (
        db.session.scalar(
            text(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 99999) SELECT count(*) FROM n"
            )
        )
        == 99999
    )


@contextmanager
def no_patience(_limit: timedelta) -> Iterator[None]:
    yield
    raise TooSlow


def test_of_a_rule_that_takes_long_the_newest_are_told_and_pages_go_on_to_the_end(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(app)
    save(app, rule={"match": "any", "rules": [{"subject": "name", "op": "begins", "value": "a"}]})
    for module in (search, reaching):
        monkeypatch.setattr(module, "within", no_patience)
        monkeypatch.setattr(module, "WINDOW", 2)
    client = signed_in(app, OPAL)
    page = client.get("/admin/segments/ada-and-friends").text
    assert re.search(r'class="figure">≥\s*0<', page)
    assert "only the newest 2 contacts" in page
    assert "only the newest" not in client.get("/admin/segments/ada-and-friends?exact=1").text
    for order in ("", "&order=oldest"):
        path, seen = f"/admin/contacts?segment=ada-and-friends{order}", []
        while path:
            page = client.get(path).text
            assert "Nobody found" not in page
            seen += re.findall("<small>ada@example.org", page)
            link = re.search('rel="next" href="([^"]+)"', page)
            path = html.unescape(link[1]) if link else ""
        assert len(seen) == 1
    assert "Ada Lovelace" in client.get("/admin/contacts?segment=ada-and-friends&all=1").text
    everyone = search.Search()
    assert search.count(everyone) == search.Counted(2, is_capped=True)
    pages = [search.find(everyone, limit=9)]
    while pages[-1].older:
        pages.append(search.find(everyone, pages[-1].older, limit=9))
    assert [len(page.rows) for page in pages] == [2, 2, 2]
    back = search.find(everyone, pages[-1].newer or "", limit=9)
    assert [one.id for one in back.rows] == [one.id for one in pages[1].rows]
    assert back.newer


def test_a_worker_counts_segments_exactly_and_a_changed_rule_anew(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(app)
    save(app)
    client = signed_in(app, OPAL)
    assert "not counted yet" in client.get("/admin/segments").text
    count_segments()
    segment = find_segment("ada-and-friends")
    assert last_reach(segment) == reach(segment.version.rule)
    assert "counted" in client.get("/admin/segments").text
    monkeypatch.setattr(reaching, "within", no_patience)
    monkeypatch.setattr(reaching, "WINDOW", 2)
    page = client.get("/admin/segments/ada-and-friends").text
    assert "Ada Lovelace" in page
    assert "Counted" in page
    segment, counting = find_segment("ada-and-friends"), reach

    def changed_meanwhile(*args: Any, **kwargs: Any) -> Reach:
        if segment.version.number == 1:
            with transaction():
                segment.publish(ConditionGroup())
        return counting(*args, **kwargs)

    with transaction():
        db.session.execute(update(Segment).values(counted_at=now(-STALE)))
    monkeypatch.setattr(reaching, "reach", changed_meanwhile)
    count_segments()
    count_segments()  # a round on a busy machine may end after the first
    db.session.expire_all()
    assert segment.version.number == 2
    assert (segment.reach or {})["total"] == 6


def test_the_stop_list_finds_contacts_that_were_written_without_a_hash(app: Flask) -> None:
    fill(app)
    with transaction():
        db.session.execute(update(Contact).values(address_hash=None))
    assert "suppressed" not in reach(ConditionGroup()).excluded
    hash_addresses()
    assert reach(ConditionGroup()).excluded["suppressed"] == 1


def test_a_segment_is_built_by_buttons_alone(app: Flask) -> None:
    fill(app)
    client = signed_in(app, EDITH)
    page = client.get("/admin/segments/new").text
    assert 'id="reach"' in page
    page = post(client, "/admin/segments/new", {"r.match": "all", "r.new": "name", "do": "add:r"}).text
    assert 'name="r-0.subject" value="name"' in page
    page = post(client, "/admin/segments/new", {**ADA_RULE, "do": "group:r"}).text
    assert 'name="r-1.match"' in page
    assert 'value="ada"' in page
    nested = {**ADA_RULE, "r-1.match": "none", "r-1.new": "answer:multi:interests", "do": "add:r-1"}
    page = post(client, "/admin/segments/new", nested).text
    assert 'name="r-1-0.values" value="design"' in page
    page = post(client, "/admin/segments/new", {**nested, "r-1-0.subject": "source", "do": "remove:r-0"}).text
    assert 'name="r-0-0.subject" value="source"' in page
    assert 'value="ada"' not in page
    assert db.session.scalars(select(Segment)).all() == []


def test_a_ready_segment_is_offered_counted_and_saved_as_it_is(app: Flask) -> None:
    fill(app)
    with transaction():
        for address, size in (("ada@example.org", "500+"), ("bob@example.org", "2-9")):
            firm = Company(name=size, name_key=size, size=size)
            db.session.add(firm)
            db.session.flush()
            contact = db.session.scalars(select(Contact.id).where(Contact.address_key == address)).one()
            db.session.add(Position(contact_id=contact, company_id=firm.id))
    client = signed_in(app, EDITH)
    assert "/admin/segments/new?preset=firms-250" in client.get("/admin/segments").text
    for key, who, other in (("firms-250", "Ada Lovelace", "Bob Marley"), ("firms-1-9", "Bob Marley", "Ada Lovelace")):
        page = client.get(f"/admin/segments/new?preset={key}").text
        assert who in page
        assert other not in page
    typed = dict(re.findall(r'name="(name|description|r[^"]*)"[^>]*value="([^"]*)"', page))
    bands = {"r-0.op": "any_of", "r-0.values": ["1", "2-9"], "do": "save"}
    assert post(client, "/admin/segments/new", typed | bands).status_code == 303
    saved = db.session.scalars(select(Segment)).one()
    assert (saved.name, saved.version.rule) == (str(PRESETS["firms-1-9"].name), PRESETS["firms-1-9"].rule)
    for preset in PRESETS.values():
        assert parse(to_content(preset.rule)) == preset.rule


def test_saving_makes_immutable_versions_and_is_written_down(app: Flask) -> None:
    fill(app)
    client = signed_in(app, EDITH)
    answer = post(client, "/admin/segments/new", {**ADA_RULE, "name": "Ada & friends", "do": "save"})
    assert answer.location == "/admin/segments/ada-friends"
    page = client.get(answer.location).text
    assert "“ada”" in page
    assert "Ada Lovelace" in page
    assert "Bob Marley" not in page
    edit = "/admin/segments/ada-friends/edit"
    post(client, edit, {**ADA_RULE, "name": "Ada & friends", "do": "save"})
    post(client, edit, {**ADA_RULE, "r-0.value": "bob", "name": "Bob", "description": "why", "do": "save"})
    assert find_segment("ada-friends").version.number == 2
    assert find_segment("Bob").description == "why"
    with pytest.raises(DBAPIError, match="append-only"), transaction():
        db.session.execute(text("UPDATE segment_version SET content = '{}'"))
    assert actions(app)[-3:] == ["segment-added", "segment-changed", "segment-changed"]
    taken = post(client, "/admin/segments/new", {**ADA_RULE, "name": "Bob", "do": "save"})
    assert taken.status_code == 422
    assert "Another segment has this name." in taken.text


def test_what_is_half_typed_is_told_where_it_stands_and_nothing_is_saved(app: Flask) -> None:
    fill(app)
    client = signed_in(app, EDITH)
    wrong = {
        "r.match": "any",
        "r-0.subject": "created",
        "r-0.op": "in_last",
        "r-0.days": "many",
        "r-1.match": "all",
        "r-1-0.subject": "answer:multi:interests",
        "r-1-0.op": "any_of",
        "r-2.subject": "event:downloaded",
        "r-2.op": "happened",
        "r-2.times": "0",
    }
    answer = post(client, "/admin/segments/new", {**wrong, "name": "Half", "do": "save"})
    assert answer.status_code == 422
    assert re.findall(r'id="(r[-\d]*)-error"', answer.text) == ["r-0", "r-1-0", "r-2"]
    assert 'value="many"' in answer.text
    for odd in ({"r-0.subject": "?"}, {"r-0.subject": "list:x"}, {"r-9-9-9.subject": "name"}, {"r-0.op": "is"}):
        assert post(client, "/admin/segments/new", {**odd, "name": "Odd", "do": "count"}).status_code == 200
    assert post(client, "/admin/segments/new", {"do": "add:r-7-7", "r-7-7.new": "name"}).status_code == 200
    assert db.session.scalars(select(Segment)).all() == []


def test_a_viewer_sees_masked_people_and_masked_words_and_changes_nothing(app: Flask) -> None:
    fill(app)
    save(app)
    client = signed_in(app, VIC)
    page = client.get("/admin/segments/ada-and-friends").text
    assert "a•••@example.org" in page
    assert "ada@" not in page
    assert "Lovelace" not in page
    assert "“ada”" not in page
    listed = client.get("/admin/contacts?segment=ada-and-friends").text
    assert "a•••@example.org" in listed
    assert "bob" not in listed.lower()
    for path in ("/admin/segments/new", "/admin/segments/ada-and-friends/edit"):
        assert client.get(path).status_code == 403
    assert post(client, "/admin/segments/ada-and-friends/archive").status_code == 403


def test_the_contacts_page_narrows_to_a_segment_and_counts_it(app: Flask) -> None:
    fill(app)
    save(app)
    client = signed_in(app, EDITH)
    page = client.get("/admin/contacts?segment=ada-and-friends").text
    assert re.search(r"1 of \d people", page)
    assert "Bob Marley" not in page
    assert "Nobody found" in client.get("/admin/contacts?segment=ada-and-friends&list=noise").text
    assert client.get("/admin/contacts?segment=none").status_code == 404


def test_an_export_of_a_segment_needs_a_fresh_proof_and_names_its_version(app: Flask) -> None:
    fill(app)
    save(app)
    client = signed_in(app, OPAL)
    form = {"mailing_list": "the-letter", "segment": "ada-and-friends", "status": "confirmed", "format": "csv"}
    assert post(client, "/admin/exports/new", form).status_code == 303
    run = db.session.scalars(select(ExportRun)).one()
    assert run.filter == {"status": "confirmed", "segment": "ada-and-friends", "version": 1}
    assert run.total == 1
    assert find_segment("ada-and-friends").acted_at is not None
    with transaction():
        db.session.execute(update(OperatorSession).values(proved_at=now(-STEP_UP)))
    assert post(client, "/admin/exports/new", form).location.startswith("/admin/prove")
    assert "export-started" in actions(app)


def test_a_segment_is_idle_after_ninety_days_and_can_be_put_away(app: Flask) -> None:
    fill(app)
    save(app)
    client = signed_in(app, EDITH)
    assert "unused for 90 days" not in client.get("/admin/segments").text
    with transaction():
        db.session.execute(update(Segment).values(acted_at=now(-timedelta(days=91))))
    assert "unused for 90 days" in client.get("/admin/segments").text
    assert client.get("/admin/segments/ada-and-friends/archive").status_code == 405
    post(client, "/admin/segments/ada-and-friends/archive")
    assert "Ada and friends" not in client.get("/admin/segments").text


def test_the_console_lists_counts_shows_and_exports(app: Flask) -> None:
    fill(app)
    save(app, rule={"match": "any", "rules": [{"subject": "standing", "op": "any_of", "values": ["confirmed"]}]})
    runner = app.test_cli_runner()

    def run(*words: str) -> str:
        done = runner.invoke(main, list(words), obj=lambda: app)
        assert done.exit_code == 0, done.output
        return done.output

    assert json.loads(run("segment", "list", "--json"))[0]["last used"] == "never"
    assert json.loads(run("segment", "count", "ada-and-friends", "--json")) == {
        "total": 3,
        "mailable": 2,
        "excluded": {"suppressed": 1},
    }
    assert json.loads(run("segment", "show", "Ada and friends"))["rule"]["match"] == "any"
    assert "suppressed" in run("segment", "count", "ada-and-friends", "--list", "the-letter")
    lines = run("export", "the-letter", "--segment", "ada-and-friends").splitlines()
    assert sorted(line.partition(",")[0] for line in lines if "@" in line) == ["ada@example.org", DAN]


def test_a_version_that_is_none_is_not_found(context: Flask) -> None:
    with transaction():
        Segment(slug="one", name="One").publish(ConditionGroup())
    assert find_version("one", 1).rule == ConditionGroup()
    assert db.session.scalars(select(SegmentVersion)).one().hash == find_version("one").hash
    for slug, number in (("one", 2), ("two", None)):
        with pytest.raises(NotFound):
            find_version(slug, number)


def test_regions_are_found_by_country_and_by_a_part_of_their_name_and_none_chosen_gets_lost(app: Flask) -> None:
    client = signed_in(app)
    sent = {"name": "Vaud", "r.match": "all", "r-0.subject": "region", "r-0.op": "any_of"}
    page = post(client, "/admin/segments/new", {**sent, "do": "add:r"}).text
    assert [page.index(f"<summary>{country}") for country in ("Belgium", "Switzerland", "France")]
    assert page.count('name="r-0.values"') > 100
    found = post(
        client, "/admin/segments/new", {**sent, "r-0.values": "BE-BRU", "r-0.find": "geneve", "do": "find:r-0"}
    ).text
    assert re.findall(r'name="r-0.values" value="([^"]+)"( checked)?', found) == [("BE-BRU", " checked"), ("CH-GE", "")]
    none = post(client, "/admin/segments/new", {**sent, "r-0.find": "😀", "do": "find:r-0"}).text
    assert "No option has that in its name" in none
    assert "Choose at least one" not in none  # one who still looks need not be scolded
