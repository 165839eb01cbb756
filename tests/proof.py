"""The solver a browser would run, in Python, and how hot a test makes it."""

from datetime import timedelta

from signup.db import transaction
from signup.forms import challenge, heat


def solve(text: str, bits: int) -> str:
    """The proof of work for a challenge."""
    n = 0
    while not challenge.has_zero_bits(answer := f"{text}.{n}", bits):
        n += 1
    return answer


def heat_up() -> None:
    """As if the operator had asked for proof of work."""
    with transaction():
        heat.ask_for(timedelta(hours=1))
