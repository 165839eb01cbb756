"""What the ledger costs a sign-up, and how fast it seals and checks."""

import statistics
import sys
import time
from datetime import timedelta

from signup.bench.load import Load
from signup.bench.measure import CONNECTIONS, ROUNDS, WARM_UP, MeasuredRow, signup_requests, timed
from signup.bench.scratch_service import Stage, running
from signup.ledger import seal
from signup.ledger.verify import Verification

ACCEPTED = b"HTTP/1.1 202"
LOADED_AFTER = 8.0
"""Seconds in which the sequencer has loaded the application; what that costs is not what is measured."""


def ledger(stage: Stage, processes: int, seconds: float) -> list[MeasuredRow]:
    """Sign-ups with the sequencer beside them and without, in turns; then what is left is sealed, and all checked."""
    path, alone, beside, sealed = f"/f/{stage.form_id}", list[Load](), list[Load](), list[tuple[int, float]]()
    with stage.web(processes, threads=CONNECTIONS):
        timed(stage, signup_requests(path, 95_000_000), ACCEPTED, 30, WARM_UP)
        for turn in range(ROUNDS):
            first = 100_000_000 + 2_000_000 * turn
            alone.append(timed(stage, signup_requests(path, first), ACCEPTED, seconds))
            sealed.append(_seal(stage))
            with running([sys.executable, "-m", "signup.bench.sequencer"], stage.environment):
                time.sleep(LOADED_AFTER)
                beside.append(timed(stage, signup_requests(path, first + 1_000_000), ACCEPTED, seconds))
    return [*_cost(alone, beside), *_pace(stage, [*sealed, _seal(stage)])]


def _cost(alone: list[Load], beside: list[Load]) -> list[MeasuredRow]:
    pairs = [(one.quantile(0.5), two.quantile(0.5)) for one, two in zip(alone, beside, strict=True)]
    rates = [two.rate / one.rate for one, two in zip(alone, beside, strict=True)]
    return [
        MeasuredRow("ledger: sign-up alone, median", 1_000 * statistics.median(one for one, _two in pairs), "ms"),
        MeasuredRow("ledger: with the sequencer, median", 1_000 * statistics.median(two for _one, two in pairs), "ms"),
        MeasuredRow("ledger: latency, ratio", statistics.median(two / one for one, two in pairs), "×", "≤ 1.05"),
        MeasuredRow("ledger: sign-ups a second, ratio", statistics.median(rates), "×"),
    ]


def _pace(stage: Stage, rounds: list[tuple[int, float]]) -> list[MeasuredRow]:
    sealed, sealing = sum(count for count, _seconds in rounds), sum(seconds for _count, seconds in rounds)
    with stage.app.app_context():
        begun, check = time.monotonic(), Verification(timedelta(days=30), timedelta(days=365))
        wrong = sum(1 for _problem in check.problems())
        checking = time.monotonic() - begun
    return [
        MeasuredRow(f"ledger: {sealed} events sealed", sealed / sealing, "/s", "≥ 1,000"),
        MeasuredRow(f"ledger: {check.checked} events checked", check.checked / checking, "/s", "≥ 17,000"),
        *([MeasuredRow("ledger: problems", wrong, "")] if wrong else []),
    ]


def _seal(stage: Stage) -> tuple[int, float]:
    with stage.app.app_context():
        begun = time.monotonic()
        return seal.seal(), time.monotonic() - begun
