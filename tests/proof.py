"""The solver a browser would run, in Python, and how hot a test makes it."""

from datetime import timedelta

from signup.ground.db import transaction
from signup.signups import attack_level, proof_of_work


def solve(text: str, bits: int) -> str:
    """The proof of work for a challenge."""
    n = 0
    while not proof_of_work.has_zero_bits(answer := f"{text}.{n}", bits):
        n += 1
    return answer


def heat_up() -> None:
    """As if the operator had asked for proof of work."""
    with transaction():
        attack_level.ask_for_proof(timedelta(hours=1))
