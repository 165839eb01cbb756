"""A program's key of one list gets nothing of another list from any route: not even that it is there."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from signup.ground.db import db
from signup.incentives.discount_code import DiscountCode
from tests.admin.canaries import words_in
from tests.admin.cast import OPAL, signed_in
from tests.admin.world import HIDDEN, OF_BOTH, make_world
from tests.api.test_codes import make_key

OURS, THEIRS, NOBODYS = {"code": "letter-code"}, {"code": f"{HIDDEN}-code"}, {"code": "nobodys-code"}
"""What stands in a route's address: ours, of the other list, and never heard of."""


@pytest.mark.parametrize(
    "database_url", ["sqlite"], indirect=True
)  # what is asked of the database: tests/api/test_codes
def test_a_key_of_one_list_learns_nothing_of_another_by_any_route(app: Flask, client: FlaskClient) -> None:
    ours, theirs = make_world(app, signed_in(app, OPAL))
    headers = {"Authorization": f"Bearer {make_key('letter')}"}
    routes = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("api.")]
    assert routes

    def ask(endpoint: str, method: str, values: dict[str, Any]) -> tuple[int, str]:
        path = app.url_map.bind("localhost").build(endpoint, values, method=method)
        answer = client.open(path, method=method, headers=headers)
        return answer.status_code, answer.text

    for rule in routes:
        assert rule.arguments <= OURS.keys(), f"say above what stands for {rule.arguments}"
        for method in rule.methods or ():
            status, body = ask(rule.endpoint, method, OURS)
            assert status == 200, (rule, method)
            assert words_in(body, [HIDDEN, *theirs.addresses, *ours.addresses, OF_BOTH]) == set()
            if rule.arguments:
                assert ask(rule.endpoint, method, THEIRS) == ask(rule.endpoint, method, NOBODYS), (rule, method)
    used = select(DiscountCode.code).where(DiscountCode.redeemed_at.is_not(None))
    assert list(db.session.scalars(used)) == [OURS["code"]]
    assert db.session.scalar(select(func.count()).select_from(DiscountCode)) == 2
