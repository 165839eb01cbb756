"""A request is whole exactly when gunicorn's own parser would wait for nothing more, however it arrives in pieces."""

import itertools

import pytest
from gunicorn.config import Config
from gunicorn.http.parser import RequestParser
from hypothesis import given
from hypothesis import strategies as st

from signup.service.request_reader import IN_MEMORY, IncomingRequest, TooLargeHead

HEAD = b"POST /f/x HTTP/1.1\r\nHost: a\r\n"
bodies = st.binary(max_size=300)


def _chunked(parts: list[bytes], trailer: bytes) -> bytes:
    chunks = b"".join(b"%x;a=b\r\n%s\r\n" % (len(part), part) for part in parts if part)
    return HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n" + trailer + b"\r\n"


requests = st.one_of(
    bodies.map(lambda body: HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body),
    st.builds(_chunked, st.lists(bodies, max_size=4), st.sampled_from([b"", b"X-Sum: 1\r\n"])),
    st.just(b"GET /healthz HTTP/1.0\r\n\r\n"),
)


@given(request=requests, cuts=st.lists(st.integers(0, 600), max_size=6))
def test_it_is_whole_at_its_last_byte_and_no_sooner(request: bytes, cuts: list[int]) -> None:
    arrived = IncomingRequest()
    edges = [0, *sorted({cut for cut in cuts if cut < len(request)}), len(request)]
    for start, end in itertools.pairwise(edges):
        if start:
            assert not arrived.is_whole
        arrived.feed(request[start:end])
    assert arrived.is_whole
    data, file = arrived.take()
    assert (data, file) == (request, None)
    parsed = next(RequestParser(Config(), iter([data]), ("127.0.0.1", 1)))
    parsed.body.read()  # without waiting for more: there is none


@pytest.mark.parametrize(
    "odd",
    [
        b"Content-Length: 5, 5\r\n",
        b"Content-Length: -1\r\n",
        b"Content-Length: " + b"9" * 5_000 + b"\r\n",
        b"Content-Length: 99999999\r\n",
        b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n-5\r\n",
        b"Transfer-Encoding: chunked\r\n\r\nfffffff\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n" + b"1" * 2_000,
    ],
    ids=range(8),
)
def test_what_is_malformed_or_too_large_is_left_to_the_server_at_once(odd: bytes) -> None:
    arrived = IncomingRequest()
    arrived.feed(HEAD + odd + b"\r\n")
    assert arrived.is_whole


def test_leading_zeros_and_empty_lines_hide_no_length() -> None:
    arrived = IncomingRequest()
    arrived.feed(b"\r\n\r\n" + HEAD + b"content-length :\t" + b"0" * 50 + b"7\r\n\r\n123456")
    assert not arrived.is_whole
    arrived.feed(b"7")
    assert arrived.is_whole


def test_a_head_has_a_limit_and_a_large_body_lies_on_the_disk() -> None:
    with pytest.raises(TooLargeHead):
        IncomingRequest().feed(HEAD + b"x" * 70_000)
    arrived = IncomingRequest()
    arrived.feed(HEAD + b"Content-Length: %d\r\n\r\n" % (4 * IN_MEMORY))
    for _piece in range(4):
        arrived.feed(b"x" * IN_MEMORY)
    assert arrived.is_whole
    assert arrived.on_disk == arrived.size
    data, file = arrived.take()
    assert file
    with file:
        assert (data, file.read().count(b"x")) == (b"", 4 * IN_MEMORY + 1)  # one in the path
