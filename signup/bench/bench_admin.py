"""Measures the admin: fills a large record by set-based SQL, and times each page."""

import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select

from signup.access import session
from signup.access.operator import Role, add_operator
from signup.admin.frame.door import cookie_name
from signup.audience.reach import count_segments
from signup.audience.rule import parse
from signup.audience.segment import Segment
from signup.bench.bench_export import NUMBERS, UUIDS
from signup.bench.measure import MeasuredRow
from signup.bench.scratch_service import Stage
from signup.consent.mailing_list import MailingList
from signup.contacts.contact import Contact
from signup.forms.form import Definition, find_form
from signup.forms.question import Option, Question
from signup.ground.db import db, is_postgresql, transaction
from signup.ground.dialect import POSTGRESQL_CLOCK, SQLITE_CLOCK
from signup.ground.driver_sql import driver_connection, portable
from signup.ground.errors import SignupError

ROUNDS = 15
EVENTS = 10  # a contact
SPREAD = 400  # days
RANDOM = {"postgresql": "floor(random() * {n})::int", "sqlite": "(abs(random()) %% {n})"}
BACK = {
    "postgresql": POSTGRESQL_CLOCK.later.format("(-86400 * {n})"),
    "sqlite": SQLITE_CLOCK.later.format("(-86400 * {n})"),
}
INTERESTS = ("design", "privacy", "writing")
# One in three wants design, one in a thousand lives in Biel; an eighth each is pending, or has left.
FILL = (
    """INSERT INTO contact (uid, address, address_key, address_hash, name, name_key, language, answers, standing,
         source, created_at, confirmed_at)
       {n} SELECT {uuid}, 'p' || i || '@' || CASE i %% 3 WHEN 0 THEN 'mail' ELSE 'post' END || '.example',
         'p' || i || '@' || CASE i %% 3 WHEN 0 THEN 'mail' ELSE 'post' END || '.example', {uuid32},
         'Ada ' || i || ' Bench', 'ada ' || i || ' bench', CASE i %% 4 WHEN 0 THEN 'fr' ELSE 'en' END,
         {json}, CASE i %% 8 WHEN 0 THEN 'pending' WHEN 1 THEN 'unsubscribed' ELSE 'confirmed' END, 'Bench',
         {created}, CASE WHEN i %% 8 > 0 THEN {created} END FROM n""",
    """INSERT INTO subscription (uid, contact_id, list_id, state, state_at, created_at, confirmed_at, single_opt_in,
         given)
       SELECT {uuid}, id, :list_id, standing, created_at, created_at, confirmed_at, FALSE, answers FROM contact""",
    """INSERT INTO event (contact_id, list_id, kind, at, detail)
       SELECT id, :list_id, CASE WHEN id %% 10 = k THEN 'downloaded' WHEN k = 3 THEN 'page_viewed' ELSE 'sent' END,
         {happened}, '{{}}' FROM contact CROSS JOIN (SELECT i AS k FROM ({n} SELECT i FROM n) m) e""",
    """INSERT INTO tally (day, list_id, form_id, source, measure, n, folded)
       SELECT TODAY(), 0, 0, '', 'standing:' || standing, count(*), TRUE FROM contact GROUP BY standing
       UNION ALL
       SELECT TODAY(), list_id, 0, '', 'in:' || state, count(*), TRUE FROM subscription GROUP BY list_id, state""",
    "ANALYZE",
)
JSON = """'{{"first_name":"Ada","interests":[' || CASE i %% 3 WHEN 0 THEN '"design"' WHEN 1 THEN '"privacy"' ELSE '' END
 || '],"city":"' || CASE i %% 1000 WHEN 0 THEN 'biel' ELSE 'bern' END || '","employees":' || (i %% 500) || '}}'"""
RULES: dict[str, dict[str, Any]] = {
    "wants design": {"subject": "answer:multi:interests", "op": "any_of", "values": ["design"]},
    "lives in Biel": {"subject": "answer:choice:city", "op": "any_of", "values": ["biel"]},
    "500 employees or more (nobody)": {"subject": "answer:number:employees", "op": "at_least", "value": "500"},
    "499 employees": {"subject": "answer:number:employees", "op": "is", "value": "499"},
    "address ends with mail.example": {"subject": "address", "op": "ends", "value": "mail.example"},
    "signed up in the last 7 days": {"subject": "created", "op": "in_last", "days": 7},
    "downloaded in the last 2 days": {"subject": "event:downloaded", "op": "happened", "days": 2},
    "got 5 mails in 200 days": {"subject": "event:sent", "op": "happened", "times": 5, "days": 200},
    "no activity for 10 days": {"subject": "last_event", "op": "not_in_last", "days": 10},
    "on the stop list": {"subject": "suppressed", "op": "yes"},
    "quiet design fans": {
        "match": "all",
        "rules": [
            {"subject": "answer:multi:interests", "op": "any_of", "values": ["design"]},
            {"subject": "standing", "op": "any_of", "values": ["confirmed"]},
            {"subject": "event:downloaded", "op": "never", "days": 90},
            {
                "match": "none",
                "rules": [{"subject": "language", "op": "any_of", "values": ["fr"]}],
            },
        ],
    },
}


def pages(stage: Stage, contacts: int) -> list[MeasuredRow]:
    """Fill the record, then ask for every page in turn, several rounds."""
    with stage.app.app_context():
        begun = time.monotonic()
        _fill(stage, contacts)
        paths = [*_paths(stage)]
        filled, begun = _since(begun), time.monotonic()
        while db.session.scalar(select(Segment.id).where(Segment.counted_at.is_(None)).limit(1)):
            count_segments()  # as a worker does, some of them every minute
        client = signed_in(stage)
        report = [
            MeasuredRow(f"admin: filled with {contacts:,} contacts and {contacts * EVENTS:,} events", filled, "s"),
            MeasuredRow(f"admin: {len(RULES)} segments counted exactly by a worker", _since(begun), "s"),
        ]
        db.session.remove()
    for name, path in paths:
        times = sorted(timed(lambda path=path: get(client, path)) for _round in range(ROUNDS))  # type: ignore[misc]
        report.append(MeasuredRow(f"admin: {name}, median", statistics.median(times) * 1000, "ms", "< 100"))
        report.append(MeasuredRow(f"admin: {name}, p95", times[int(len(times) * 0.95)] * 1000, "ms", "< 300"))
    return report


def _fill(stage: Stage, contacts: int) -> None:
    engine = db.engine.dialect.name
    form = find_form(stage.form_id)
    options = tuple(Option(value=value, label=value.title()) for value in INTERESTS)
    with transaction():
        interests = Question(key="interests", type="multi", label="Interests", options=options)
        form.publish(Definition(title="Bench", wording="I would like to receive it by e-mail.", fields=(interests,)))
        db.session.add(_other_list())
    uuid = UUIDS[engine]
    words = {
        "n": NUMBERS,
        "uuid": uuid,
        "uuid32": f"replace({uuid}::text, '-', '')" if is_postgresql() else uuid,
        "json": f"({JSON.format()})::jsonb" if is_postgresql() else JSON.format(),
        "created": BACK[engine].format(n=f"(i %% {SPREAD})"),
        "happened": BACK[engine].format(n=RANDOM[engine].format(n=SPREAD)),
    }
    db.session.rollback()
    with driver_connection(durable=False) as connection:
        for number, statement in enumerate(FILL):
            # The statement of events counts to ten by the same list of numbers.
            values = {"list_id": form.list_id, "many": EVENTS if number else contacts}
            sql = portable(statement.format(**words))
            named = {name: value for name, value in values.items() if f"({name})" in sql or f":{name}" in sql}
            if not (named and is_postgresql()):
                sql = sql.replace("%%", "%")  # only psycopg, and only with values, wants them doubled
            connection.execute(sql, named) if named else connection.execute(sql)


def _other_list() -> MailingList:
    return MailingList(
        slug="bench-other",
        name="Other",
        sender_name="Bench",
        sender_address="bench@example.org",
        controller="Bench",
        privacy_url="https://example.org/privacy",
    )


def _paths(stage: Stage) -> Iterator[tuple[str, str]]:
    """What is measured: each page's name and address."""
    with transaction():
        for number, (name, rule) in enumerate(RULES.items()):
            tree = rule if "match" in rule else {"rules": [rule]}
            Segment(slug=f"s{number}", name=name).publish(parse(tree))
    uid = db.session.scalars(select(Contact.uid).order_by(Contact.id.desc()).offset(1000).limit(1)).one()
    yield "overview", "/admin/"
    yield "contacts", "/admin/contacts"
    yield "contacts, oldest first", "/admin/contacts?order=oldest"
    yield "contacts, by name", "/admin/contacts?order=name"
    yield "contacts, by status", "/admin/contacts?order=status-down"
    yield "contacts, far back", "/admin/contacts?page=bzUwMDA"  # o5000
    yield "contacts, of a status", "/admin/contacts?status=unsubscribed"
    yield "contacts, of a list", f"/admin/contacts?list={stage.list_slug}"
    yield "contacts, of a list, oldest first", f"/admin/contacts?list={stage.list_slug}&order=oldest"
    yield "contacts, of a list by name", f"/admin/contacts?list={stage.list_slug}&order=name"
    yield "contacts, of an empty list", "/admin/contacts?list=bench-other"
    yield "contacts, by the beginning of an address", "/admin/contacts?q=p99"
    yield "contacts, by a whole address", "/admin/contacts?q=p777%40post.example"
    yield "contacts, of a name", "/admin/contacts?q=ada+4242"
    yield "contacts, nobody", "/admin/contacts?q=zzz"
    yield "a contact", f"/admin/contacts/{uid}"
    yield "a contact, to edit", f"/admin/contacts/{uid}/edit"
    yield "duplicates", "/admin/contacts/duplicates"
    yield "bulk edits", "/admin/contacts/bulk-edits"
    yield "lists", "/admin/lists"
    yield "segments", "/admin/segments"
    yield "fields", "/admin/contacts/fields"
    yield "what fields cost", "/admin/contacts/fields/advice"
    yield "segment builder", "/admin/segments/s10/edit"
    for number, name in enumerate(RULES):
        yield f"segment: {name}", f"/admin/segments/s{number}"
        yield f"contacts of: {name}", f"/admin/contacts?segment=s{number}"


def signed_in(stage: Stage) -> FlaskClient:
    """The browser of an administrator."""
    with transaction():
        operator = add_operator("bench@example.org", "Bench", Role.ADMINISTRATOR)
        secret = session.begin(operator.id, None, "bench")
    client = stage.app.test_client()
    with stage.app.test_request_context():
        client.set_cookie(cookie_name(), secret)
    return client


def get(client: FlaskClient, path: str) -> None:
    """Ask for a page. Raises `SignupError` when that fails."""
    answer = client.get(path)
    if answer.status_code != 200:  # noqa: PLR2004  # OK
        raise SignupError(f"{path}: {answer.status_code}")


def timed(work: Callable[[], None]) -> float:
    """The seconds that it takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _since(begun: float) -> float:
    return time.monotonic() - begun
