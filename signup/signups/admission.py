"""Decides whether a sign-up is let in, at every door: proof of work during an attack, then the governor."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace

import structlog

from signup.addresses import mailbox
from signup.addresses.address import Address
from signup.ground import tokens
from signup.ground.errors import NeedsProof, TooMany
from signup.ground.urls import settings
from signup.limits.allow_list_entry import find_allowed
from signup.limits.governor import governor
from signup.limits.limit_rule import CountedAttempt, Rule, is_silent, sign_up_rules
from signup.limits.turn import Turn
from signup.signups import attack_level, held_back, proof_of_work
from signup.signups.check_submission import CheckedSubmission

UNUSED_PROOF = {"replay", "wait-net", "wait-all"}
VISITORS_OWN = ("ip-", "net-", "wait-", "replay")
"""Rules, by the beginning of their names, that bound who asks, not whom or what is asked for."""

log = structlog.get_logger()


def attempt(
    list_id: int, address: Address, ip: str | None, *, is_proven: bool = True, kiosk: str = ""
) -> CountedAttempt:
    """Describe an attempt to the governor: keyed hashes, and which of its parts are on the allow list."""
    hashed, domain = tokens.keys().hash, address.domain
    canonical = hashed(address.canonical)
    return CountedAttempt(
        list_id=list_id,
        address=canonical,
        domain="" if mailbox.is_free_mail(domain) else hashed(f"domain:{domain}"),
        ip=ip,
        is_proven=is_proven,
        allow_listed=find_allowed(ip, domain, canonical),
        kiosk=kiosk,
    )


def hold(sent: CheckedSubmission, attempt: CountedAttempt, rule: str) -> None:
    """Write down that a sign-up was held back."""
    log.info("signup.held", rule=rule, form=sent.form.public_id)
    held_back.note(sent.form, rule, attempt.ip, sent.address.domain)


def prove(sent: CheckedSubmission, attempt: CountedAttempt, proof: str, *, is_quick: bool = False) -> CountedAttempt:
    """Check the proof of work of an attempt during an attack, or of one that came faster than a person types.

    Raises `NeedsProof` with a challenge. A browser solves it in about the time that was missing, and its person does
    not notice; a program that only posts stays out.
    """
    is_up = attack_level.current_level().is_up
    if not (is_up or is_quick) or attempt.allow_listed.network:
        return attempt
    try:
        solved = proof_of_work.check(sent.form.public_id, proof)
    except NeedsProof as error:
        if error.challenge:
            raise
        if not is_up:
            raise _challenge(sent, is_quick=True) from None
        raise _ask(sent, attempt, "proof") from None
    return replace(attempt, proof=solved.id, has_waited=solved.has_waited, was_asked=solved.was_counted)


def _ask(sent: CheckedSubmission, attempt: CountedAttempt, rule: str) -> NeedsProof:
    hold(sent, attempt, rule)
    return _challenge(sent, was_counted=rule == "proof")


def _challenge(sent: CheckedSubmission, *, was_counted: bool = False, is_quick: bool = False) -> NeedsProof:
    bits = proof_of_work.BITS + attack_level.current_level().level
    challenge = proof_of_work.new(sent.form.public_id, bits, was_counted=was_counted)
    return NeedsProof(challenge, bits, is_quick=is_quick)


@contextmanager
def admitted(sent: CheckedSubmission, attempt: CountedAttempt, rules: Sequence[Rule] | None = None) -> Iterator[Turn]:
    """Count the attempt, under `rules` or those of a sign-up; then a turn to store what was sent.

    Raises `TooMany`, or `NeedsProof` for a used challenge.
    """
    rules = sign_up_rules(settings(), attempt) if rules is None else rules
    try:
        with governor().counted(rules) as turn:
            yield turn
    except TooMany as error:
        if error.rule in UNUSED_PROOF:
            raise _ask(sent, attempt, error.rule) from None
        hold(sent, attempt, error.rule)
        if is_silent(error.rule):
            # It looks like any other from outside, so it must cost its network and its proof as much as any other.
            with suppress(TooMany):
                governor().admit([rule for rule in rules if rule.name.startswith(VISITORS_OWN)])
        raise
    if attempt.was_asked:
        held_back.note_solved(sent.form)
    attack_level.count_accepted()
