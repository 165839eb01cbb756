"""Whether a sign-up is let in: proof of work while it is hot, then the governor. One way for every door of a form."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import NamedTuple

import structlog

from signup.addresses import mailbox
from signup.addresses.address import Address
from signup.forms.live_form import LiveForm
from signup.ground import tokens
from signup.ground.errors import NeedsProof, TooMany
from signup.ground.urls import settings
from signup.limits.allowance import vouched_for
from signup.limits.governor import governor
from signup.limits.limit_rule import CountedAttempt, Rule, is_silent, sign_up_rules
from signup.limits.turn import Turn
from signup.signups import attack_level, held_back, proof_of_work

UNUSED_PROOF = {"replay", "wait-net", "wait-all"}
VISITORS_OWN = ("ip-", "net-", "wait-", "replay")
"""Rules, by the beginning of their names, that bound who asks, not whom or what is asked for."""

log = structlog.get_logger()


class SignupAttempt(NamedTuple):
    """A sign-up that asks to be let in."""

    form: LiveForm
    address: Address
    attempt: CountedAttempt
    was_asked: bool = False
    """Its proof answers a refusal that was counted."""

    def hold(self, rule: str) -> None:
        """Write down that it was held back."""
        log.info("signup.held", rule=rule, form=self.form.public_id)
        held_back.note(self.form, rule, self.attempt.ip, self.address.domain)


def attempt(
    list_id: int, address: Address, ip: str | None, *, is_proven: bool = True, kiosk: str = ""
) -> CountedAttempt:
    """A try as the governor sees it: keyed hashes, and what the operator vouches for."""
    hashed = tokens.keys().hash
    canonical = hashed(address.canonical)
    return CountedAttempt(
        list_id=list_id,
        address=canonical,
        domain="" if mailbox.is_free_mail(address.domain) else hashed(f"domain:{address.domain}"),
        ip=ip,
        is_proven=is_proven,
        vouched=vouched_for(ip, address.domain, canonical),
        kiosk=kiosk,
    )


def prove(knock: SignupAttempt, proof: str) -> SignupAttempt:
    """While it is hot, the same knock with its proof of work. Raises `NeedsProof` with a challenge."""
    now = attack_level.temperature()
    if not now.is_up or knock.attempt.vouched.network:
        return knock
    try:
        solved = proof_of_work.check(knock.form.public_id, proof)
    except NeedsProof as error:
        if error.challenge:
            raise
        raise _ask(knock, "proof") from None
    better = replace(knock.attempt, proof=solved.id, has_waited=solved.has_waited)
    return knock._replace(attempt=better, was_asked=solved.was_counted)


def _ask(knock: SignupAttempt, rule: str) -> NeedsProof:
    bits = proof_of_work.BITS + attack_level.temperature().level
    knock.hold(rule)
    return NeedsProof(proof_of_work.new(knock.form.public_id, bits, was_counted=rule == "proof"), bits)


@contextmanager
def admitted(knock: SignupAttempt, rules: Sequence[Rule] | None = None) -> Iterator[Turn]:
    """Count the knock, under `rules` or those of a sign-up; then a turn to store what it brings.

    Raises `TooMany`, or `NeedsProof` for a used challenge.
    """
    rules = sign_up_rules(settings(), knock.attempt) if rules is None else rules
    try:
        with governor().counted(rules) as turn:
            yield turn
    except TooMany as error:
        if error.rule in UNUSED_PROOF:
            raise _ask(knock, error.rule) from None
        knock.hold(error.rule)
        if is_silent(error.rule):
            # It looks like any other from outside, so it must cost its network and its proof as much as any other.
            with suppress(TooMany):
                governor().admit([rule for rule in rules if rule.name.startswith(VISITORS_OWN)])
        raise
    if knock.was_asked:
        held_back.note_solved(knock.form)
    attack_level.count_accepted()
