"""A webhook leads to the public internet: no spelling of an address of our own network passes, and no second answer."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from signup.webhooks import allowed_address, send_request
from signup.webhooks.allowed_address import BadUrl, ForbiddenAddress, address_of, read_url

FORBIDDEN = Path(__file__).with_name("forbidden_urls.txt").read_text().split()
"""Spellings of addresses that must not be reached."""


@pytest.mark.one_engine
@pytest.mark.parametrize("address", FORBIDDEN)
def test_no_spelling_of_a_forbidden_address_is_connected_to(
    context: Flask, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    def connect(*_args: object, **_more: object) -> socket.socket:
        raise AssertionError("it connected")

    monkeypatch.setattr(socket, "create_connection", connect)
    try:
        answer = send_request.send(read_url(address), {}, "{}")
    except (BadUrl, ForbiddenAddress):
        return
    assert answer.text.startswith("The name has no address")


@pytest.mark.one_engine
@pytest.mark.parametrize("public", ["93.184.216.34", "2606:2800:220:1::1", "1.1.1.1"])
def test_a_name_with_one_bad_address_among_good_ones_is_refused(
    context: Flask, monkeypatch: pytest.MonkeyPatch, public: str
) -> None:
    target = read_url("https://hooks.example.org/")
    monkeypatch.setattr(allowed_address, "resolve", lambda _host, _port: [public])
    assert address_of(target) == public
    monkeypatch.setattr(allowed_address, "resolve", lambda _host, _port: [public, "127.0.0.1"])
    with pytest.raises(ForbiddenAddress):
        address_of(target)


@pytest.mark.one_engine
def test_a_name_that_answers_differently_the_second_time_leads_nowhere_else(
    context: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [["93.184.216.34"], ["127.0.0.1"], ["127.0.0.1"]]
    connected: list[str] = []

    def connect(address: tuple[str, int], *_more: object) -> socket.socket:
        connected.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(allowed_address, "resolve", lambda _host, _port: answers.pop(0))
    monkeypatch.setattr(socket, "create_connection", connect)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args: pytest.fail("it asked a second time"))
    answer = send_request.send(read_url("http://hooks.example.org/"), {}, "{}")
    assert (connected, answer.text) == (["93.184.216.34"], "ConnectionRefusedError")


def test_an_operator_may_allow_their_own_network(make_app: Callable[..., Flask]) -> None:
    make_app(webhook_networks="10.1.0.0/16 192.168.1.5")
    assert [address_of(read_url(f"http://{one}/")) for one in ("10.1.2.3", "192.168.1.5")] == [
        "10.1.2.3",
        "192.168.1.5",
    ]
    target = read_url("http://10.2.2.3/")
    with pytest.raises(ForbiddenAddress):
        address_of(target)
