"""What is for this machine alone is for whoever is connected from it, never for a header that claims so."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests.cast import BLOG, make_form

CLAIMS = ["127.0.0.1", "127.9.9.9", "::1", "[::1]:5", "::ffff:127.0.0.1", "127.0.0.1:80", "198.51.100.9, 127.0.0.1"]


def _post(app: Flask, form_id: str, number: int, claim: str, peer: str = "203.0.113.7") -> int:
    headers = {"Origin": BLOG} | ({"X-Forwarded-For": claim} if claim else {})
    body = {"email": f"p{number}@example.org", "consent": True}
    client = app.test_client()
    return client.post(f"/f/{form_id}", json=body, headers=headers, environ_base={"REMOTE_ADDR": peer}).status_code


def test_a_claimed_loopback_is_counted_like_any_address(make_app: Callable[..., Flask]) -> None:
    app = make_app(trusted_proxies="1")
    form_id = make_form().public_id
    answers = [_post(app, form_id, number, CLAIMS[number % len(CLAIMS)]) for number in range(14)]
    assert answers == [202] * 10 + [429] * 4
    assert [_post(app, form_id, 20 + number, "", "127.0.0.1") for number in range(14)] == [202] * 14


@pytest.mark.parametrize(
    ("settings", "headers", "peer", "status"),
    [
        ({}, {}, "127.0.0.1", 200),
        ({}, {}, "::1", 200),
        ({}, {}, "203.0.113.7", 404),
        ({}, {"X-Forwarded-For": "203.0.113.9"}, "127.0.0.1", 404),
        ({}, {"Forwarded": "for=203.0.113.9"}, "127.0.0.1", 404),
        ({}, {"X-Forwarded-For": "127.0.0.1"}, "203.0.113.7", 404),
        ({"public_url": "https://signup.example.org"}, {}, "127.0.0.1", 404),
        ({"trusted_proxies": "1"}, {}, "127.0.0.1", 404),
        ({"trusted_proxies": "1"}, {"X-Forwarded-For": "127.0.0.1"}, "203.0.113.7", 404),
        ({"trusted_proxies": "1"}, {"X-Forwarded-For": "127.0.0.1"}, "127.0.0.1", 404),
        ({"metrics_token": "secret", "trusted_proxies": "1"}, {"X-Forwarded-For": "127.0.0.1"}, "127.0.0.1", 401),
        ({"metrics_token": "secret"}, {"Authorization": "Bearer secret"}, "203.0.113.7", 200),
    ],
)
def test_the_metrics_are_for_the_token_or_for_this_machine_without_a_proxy(
    make_app: Callable[..., Flask], settings: dict[str, str], headers: dict[str, str], peer: str, status: int
) -> None:
    client = make_app(**settings).test_client()
    assert client.get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": peer}).status_code == status
