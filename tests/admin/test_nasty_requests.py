"""Every admin address × values that nobody types by accident: refused, ignored or shown, and never a crash.

Addresses come from the route map, names of parameters from the code, names of inputs from the pages themselves.
"""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete

from signup import admin
from signup.ground.db import db, is_postgresql, transaction
from signup.limits.database_store import LimitCounter
from tests.admin.canaries import body_of
from tests.admin.cast import OPAL, csrf_of, signed_in
from tests.admin.test_scope import calls
from tests.admin.world import make_world

HUGE = "9" * 30
VALUES = ["\0", HUGE, "-1'\"%_\\[]({\U0001f389"]
MORE_VALUES = ["-1", "9" * 5_000, "\ud7ff\uffff\u202e", "0", "١٢", "1e9", "\x1f", "../..", "=cmd()"]
"""As a parameter of an address. More of each kind with --long."""
BODIES = [HUGE, "{{ 7*7 }}{%\u2028\U0001f389"]
MORE_BODIES = ["-1", "\u2028\U0001f389" * 40, "[" * 2_000, "x" * 70_000, "\0", "", "../..", "١٢"]
"""As an input of a form."""
SIGN_IN = ["/admin/sign-in", "/admin/sign-in/second", "/admin/sign-in/forgot", "/admin/forgot", "/admin/ticket/x"]


@cache
def parameters() -> list[str]:
    """Every name that a page reads from its address, and some that filters make up."""
    code = "".join(path.read_text() for path in sorted(Path(admin.__file__).parent.rglob("*.py")))
    names = set(re.findall(r"""(?:args|values|typed|asked|given)(?:\.get\(|\[)"(\w+)\"""", code))
    kept = re.findall(r"^KEPT[^=]*= \(([^)]*)\)", code, re.MULTILINE)
    names |= {"after", "before"}
    names |= {name for line in kept for name in re.findall(r'"(\w+)"', line)}
    assert {"page", "q", "grade", "days", "list", "from", "segment", "lang"} <= names
    return sorted(names)


def paths(app: Flask, opal: FlaskClient, method: str) -> Iterator[str]:
    ours, _theirs = make_world(app, opal)
    yield from dict.fromkeys(call.path for call in calls(app, ours) if call.method == method)


def crashes(answers: Iterator[tuple[object, int]]) -> list[object]:
    return [asked for asked, status in answers if status >= 500]


def test_no_parameter_of_an_address_crashes_a_page(app: Flask, request: pytest.FixtureRequest) -> None:
    opal = signed_in(app, OPAL)
    values = VALUES + (MORE_VALUES if request.config.getoption("--long") else [])
    asked = [(path, value) for path in paths(app, opal, "GET") for value in values]

    def answers() -> Iterator[tuple[object, int]]:
        for path, value in asked:
            answer = opal.get(path, query_string=dict.fromkeys(parameters(), value), buffered=True)
            yield (path, value[:20]), answer.status_code

    assert crashes(answers()) == []


def test_no_number_in_a_path_crashes_a_page(app: Flask) -> None:
    opal = signed_in(app, OPAL)
    token = csrf_of(opal, "/admin/settings/account")
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("admin.") and rule.arguments]
    found = []
    for rule in rules:
        for value in (HUGE, str(2**63), "%00", "%ff%fe"):
            path = re.sub(r"<[^>]+>", value, rule.rule)
            for method in {"GET", "POST"} & (rule.methods or set()):
                data = {"csrf_token": token} if method == "POST" else None
                status = opal.open(path, method=method, data=data, buffered=True).status_code
                found += [(method, path[:80])] if status >= 500 else []
    assert found == []


@pytest.mark.both_engines
def test_no_input_crashes_a_page(app: Flask, request: pytest.FixtureRequest) -> None:
    if is_postgresql() and not request.config.getoption("--long"):
        pytest.skip("the inputs are read alike: --long")
    opal = signed_in(app, OPAL)
    token = csrf_of(opal, "/admin/settings/account")
    values = BODIES + (MORE_BODIES if request.config.getoption("--long") else [])
    asked = [path for path in paths(app, opal, "POST") if not path.endswith(("/sign-out", "/sessions/end"))]

    def answers() -> Iterator[tuple[object, int]]:
        for path in asked:
            page = opal.get(path, buffered=True)
            names = set(re.findall(r'name="([^"]+)"', body_of(page))) if page.status_code == 200 else set()
            names = {name for name in names if name != "csrf_token"} | {"do", "name", "value", "page", "uid", "field"}
            for place, value in enumerate(values):
                data = dict.fromkeys(sorted(names), value) | {"csrf_token": token}
                data |= {"do": "save"} if place % 2 else {}
                yield (path, value[:20]), opal.post(path, data=data, buffered=True).status_code

    assert crashes(answers()) == []


def test_no_input_crashes_the_doors_before_the_sign_in(app: Flask, client: FlaskClient) -> None:
    token = csrf_of(client)
    names = ("address", "password", "answer", "code", "halfway", "next")
    found = []
    for path in SIGN_IN:
        for value in [*BODIES, *MORE_BODIES, "a@\0b", '{"id": "' + "A" * 30_000]:
            with transaction():
                db.session.execute(delete(LimitCounter))
            data = dict.fromkeys(names, value) | {"csrf_token": token}
            status = client.post(path, data=data, query_string={"next": value[:200]}).status_code
            found += [(path, value[:20])] if status >= 500 else []
    assert found == []
