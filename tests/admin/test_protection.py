"""The operator sees what was held back and why, turns the heat up and down, and vouches for networks and addresses."""

import inspect
import json
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from signup.admin.protection import protection_words
from signup.cli.limits import command
from signup.ground.clock import utcnow
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from signup.limits import allow_list, limit_rule
from signup.limits.allow_list_entry import Allowance, forget_allowances
from signup.signups import attack_level
from tests.admin.cast import EDITH, OPAL, VIC, actions, post, signed_in
from tests.cast import ADA, BLOG, sign_up

PAGE = "/admin/outbox/protection"
SHOP = "198.51.100.7"


def _join(app: Flask, form_id: str, address: str, ip: str = SHOP) -> int:
    body = {"email": address, "consent": True}
    client = app.test_client()
    return client.post(
        f"/f/{form_id}", json=body, headers={"Origin": BLOG}, environ_base={"REMOTE_ADDR": ip}
    ).status_code


def test_what_was_held_back_shows_with_rule_form_and_network_and_no_address(app: Flask, form_id: str) -> None:
    assert [_join(app, form_id, ADA) for _n in range(3)] == [202] * 3
    page = signed_in(app, EDITH).get(PAGE).text
    assert "2 sign-ups held back in 24 hours" in page
    assert "Same address again within 5 minutes" in page
    assert "198.51.100.0/24" in page
    assert ADA not in page
    assert SHOP not in page
    table = signed_in(app, OPAL).get(f"{PAGE}.csv").text.splitlines()
    assert table[1].endswith(",address-5min,The Letter form,2")


def test_every_limit_that_holds_a_sign_up_back_has_words() -> None:
    of_codes = {"code", "page-tries"}  # a code that is typed too often holds no sign-up back
    limits = set(re.findall(r'Rule\("([\w-]+)"', inspect.getsource(limit_rule)))
    assert {"messages-day", "till-day", "ip-hour", "code"} < limits
    assert limits - of_codes - protection_words.RULES.keys() == set()


def test_a_shop_that_is_vouched_for_is_not_counted_together_until_the_end(
    app: Flask, form_id: str, opal: FlaskClient
) -> None:
    typed = {"subject": f"{SHOP}/24", "reason": "the till", "days": "7"}
    assert post(opal, f"{PAGE}/allow", typed).status_code == 303
    assert [_join(app, form_id, f"p{n}@example.org") for n in range(12)] == [202] * 12
    assert _join(app, form_id, "p1@example.org") == 202
    page = opal.get(PAGE).text
    assert "198.51.100.0/24" in page
    assert "the till" in page
    with transaction():
        db.session.execute(db.update(Allowance).values(ends_at=now()))
    forget_allowances()
    assert [_join(app, form_id, f"q{n}@example.org") for n in range(11)] == [202] * 10 + [429]
    assert "allowance-added" in actions(app)


def test_an_entry_can_be_taken_off_and_the_trail_says_so(app: Flask, form_id: str, opal: FlaskClient) -> None:
    post(opal, f"{PAGE}/allow", {"subject": ADA, "reason": "mine", "days": "0"})
    assert [_join(app, form_id, ADA) for _n in range(2)] == [202] * 2
    entry = db.session.scalars(db.select(Allowance)).one()
    assert (entry.kind, entry.label, entry.ends_at) == ("address", "a•••@example.org", None)
    assert ADA not in entry.value
    post(opal, f"{PAGE}/allow", {"subject": "bob@example.org", "reason": "his", "days": "0"})
    post(opal, f"{PAGE}/allow/{entry.id}/end")
    assert list(db.session.scalars(db.select(Allowance.label))) == ["b•••@example.org"]
    assert "a•••@example.org" not in opal.get(PAGE, follow_redirects=True).text.partition("Allow list")[2]
    assert actions(app)[-3:] == ["allowance-added", "allowance-added", "allowance-ended"]


@pytest.mark.parametrize("subject", ["", "nonsense", "0.0.0.0/0", "2001::/16", "ada@", "http://example.org"])
def test_what_cannot_be_vouched_for_is_told(app: Flask, subject: str) -> None:
    answer = post(signed_in(app), f"{PAGE}/allow", {"subject": subject, "reason": "why", "days": "7"})
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text


def test_the_switch_asks_for_proof_of_work_and_stops(app: Flask, form_id: str) -> None:
    opal, client = signed_in(app), app.test_client()
    post(opal, f"{PAGE}/heat", {"do": "up"})
    assert sign_up(client, form_id, ADA).status_code == 428
    page = opal.get(PAGE).text
    assert "Required" in page
    assert "switched on by an operator" in page
    until = attack_level.read_level()[0].until
    assert until
    assert 3_500 < (until - utcnow()).total_seconds() < 3_700
    post(opal, f"{PAGE}/heat", {"do": "down"})
    assert sign_up(client, form_id, ADA).status_code == 202
    assert actions(app)[-2:] == ["heat-on", "heat-off"]


def test_only_administrators_switch_and_vouch(app: Flask) -> None:
    edith = signed_in(app, EDITH)
    page = edith.get(PAGE).text
    assert "Require for one hour" not in page
    assert "Add to the allow list" not in page
    assert post(edith, f"{PAGE}/heat", {"do": "down"}).status_code == 403
    assert signed_in(app, VIC).get(PAGE).status_code == 403


@pytest.mark.parametrize(
    ("typed", "kind", "label"),
    [
        ("203.0.113.7", "network", "203.0.113.7/32"),
        ("2001:DB8::/48", "network", "2001:db8::/48"),
        ("@Example.ORG", "domain", "example.org"),
        ("münchen.example.org", "domain", "münchen.example.org"),
        ("A.da+x@gmail.com", "address", "a•••@gmail.com"),
    ],
)
def test_a_subject_is_read_as_people_write_it(context: Flask, typed: str, kind: str, label: str) -> None:
    found, _value, shown = allow_list.read_subject(typed)
    assert (found, shown) == (kind, label)


def test_the_console_shows_allows_and_forgets(app: Flask, form_id: str) -> None:
    assert [_join(app, form_id, ADA) for _n in range(2)] == [202] * 2
    runner = app.test_cli_runner()

    def console(*words: str) -> list[dict[str, str]]:
        done = runner.invoke(command, [*words, "--json"], obj=lambda: app)
        assert done.exit_code == 0, done.output
        found: list[dict[str, str]] = json.loads(done.stdout)
        return found

    assert {"what": "held back", "name": "address-5min", "value": "1"} in console("show")
    assert {row["forgotten"] for row in console("forget", ADA)} >= {"address-5min", "address-everywhere"}
    assert _join(app, form_id, ADA) == 202
    assert db.session.scalar(db.text("SELECT count(*) FROM signup")) == 2
    assert console("allow", SHOP, "--reason", "the till")[0]["subject"] == f"{SHOP}/32"
    assert any(row["name"] == f"{SHOP}/32" for row in console("show"))
    assert {row["forgotten"] for row in console("forget", SHOP)} == {"ip-hour", "ip-day", "net-day"}
    console("allow", SHOP, "--reason", "closed", "--end")
    assert not any(row["name"] == f"{SHOP}/32" for row in console("show"))
