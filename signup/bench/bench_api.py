"""Measures the API: a sign-up by it against one by the form, contacts brought in by the thousand, pages of many."""

import json
import statistics
import time
from typing import Any

from signup.access import api_key
from signup.access.api_key import KeyRange, KeyScope
from signup.bench import load, measure
from signup.bench.bench_search import fill
from signup.bench.load import post
from signup.bench.measure import CONNECTIONS, ROUNDS, WARM_UP, MeasuredRow, signup_requests
from signup.bench.scratch_service import Stage
from signup.ground.db import db, transaction

BATCH, BATCHES = 1_000, 20
PAGES = 200


def api(stage: Stage, processes: int, seconds: float, contacts: int) -> list[MeasuredRow]:
    """The sign-ups take turns; what fills the database comes last."""
    with stage.app.app_context(), transaction():
        secret = api_key.make("Bench", KeyRange(list(KeyScope), []), None).secret
    rows = _signups(stage, processes, seconds, secret)
    with stage.app.app_context():
        rows += _batches(stage, secret)
        fill(contacts)
        rows += _pages(stage, secret, contacts)
        db.session.remove()
    return rows


def _signups(stage: Stage, processes: int, seconds: float, secret: str) -> list[MeasuredRow]:
    path, form, by_api = f"/f/{stage.form_id}", [], []
    with stage.web(processes, threads=CONNECTIONS):
        measure.timed(stage, signup_requests(path, 90_000_000), b"HTTP/1.1 202", 30, WARM_UP)
        measure.timed(stage, _api_requests(stage.form_id, secret, 95_000_000), b"HTTP/1.1 202", 30, WARM_UP)
        for turn in range(ROUNDS):
            first = 10_000_000 * (turn + 1)
            form.append(measure.timed(stage, signup_requests(path, first), b"HTTP/1.1 202", seconds))
            requests = _api_requests(stage.form_id, secret, first + 5_000_000)
            by_api.append(measure.timed(stage, requests, b"HTTP/1.1 202", seconds))
    pairs = [one.rate / other.rate for one, other in zip(by_api, form, strict=True)]
    wrong = sum(one.wrong for one in (*form, *by_api))
    return [
        MeasuredRow("api: sign-ups by the form", statistics.median(one.rate for one in form), "/s"),
        MeasuredRow("api: sign-ups by the API", statistics.median(one.rate for one in by_api), "/s"),
        MeasuredRow(f"api: ratio (median of {len(pairs)} pairs)", statistics.median(pairs), "×", "≥ 0.9"),
        *([MeasuredRow("api: wrong answers", wrong, "")] if wrong else []),
    ]


def _api_requests(form: str, secret: str, first: int) -> load.Request:
    def make(number: int) -> bytes:
        page = {"url": "https://blog.example.org/"}
        who = first + number
        visitor = {"ip": f"{20 + (who >> 16 & 127)}.{who >> 8 & 255}.{who & 255}.7"}
        email = f"p{who}@example.org"
        body = {"form": form, "form_version": 1, "consent": True, "email": email, "page": page, "visitor": visitor}
        line, _end, rest = post("/api/v1/signups", json.dumps(body).encode(), who).partition(b"\r\n")
        return b"\r\n".join([line, f"Authorization: Bearer {secret}".encode(), rest])

    return make


def _batches(stage: Stage, secret: str) -> list[MeasuredRow]:
    client, times = stage.app.test_client(), []
    for turn in range(BATCHES):
        rows: list[dict[str, Any]] = [
            {"email": f"b{turn}-{n}@example.org", "first_name": "Ada", "opt_in_at": "2026-03-01T10:00:00Z"}
            for n in range(BATCH)
        ]
        body = {"list": stage.list_slug, "origin": "service", "contacts": rows}
        begun = time.monotonic()
        answer = client.post("/api/v1/contacts", json=body, headers={"Authorization": f"Bearer {secret}"})
        times.append(time.monotonic() - begun)
        if answer.status_code != 200 or answer.get_json()["counts"].get("created") != BATCH:  # noqa: PLR2004
            raise AssertionError(answer.text[:500])
    return [MeasuredRow("api: contacts brought in", BATCH / statistics.median(times), "/s", "≥ 5,000")]


def _pages(stage: Stage, secret: str, contacts: int) -> list[MeasuredRow]:
    client, cursor, times = stage.app.test_client(), "", []
    for _page in range(PAGES):
        begun = time.monotonic()
        query = {"limit": "50", **({"cursor": cursor} if cursor else {})}
        answer = client.get("/api/v1/contacts", query_string=query, headers={"Authorization": f"Bearer {secret}"})
        times.append(time.monotonic() - begun)
        cursor = answer.get_json()["next"] or ""
    ordered = sorted(times)
    return [
        MeasuredRow(f"api: page of 50 of {contacts:,}, median", statistics.median(ordered) * 1000, "ms"),
        MeasuredRow("api: page of 50, p95", ordered[int(PAGES * 0.95)] * 1000, "ms", "< 100 at 1,000,000"),
    ]
