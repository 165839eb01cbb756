"""The errors that the record raises. `signup.service.error_pages` turns them into HTTP answers.

What a mail server answered is no error but a value: see `signup.mailer.smtp`.
"""

from collections.abc import Mapping
from datetime import datetime


class SignupError(Exception):
    """The base of all errors that this service raises. `str(error)` is for logs, never for visitors."""


class SettingError(SignupError):
    """A setting is missing or wrong; the message names it."""


class InvalidAddress(SignupError):
    """An email address to which no email can be sent."""


class SeveralAddresses(InvalidAddress):
    """The text holds more than one address where one is asked for."""


class InvalidAnswers(SignupError):
    """A submission that does not fit the form. `problems` maps a field's key to a message id."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(", ".join(sorted(problems)))
        self.problems = dict(problems)


class InvalidToken(SignupError):
    """The service did not sign this link or stamp, or signed it for another purpose."""


class ForeignOrigin(SignupError):
    """The form came from a website that the form's owner did not allow. `str(error)` is the origin."""


class TooMany(SignupError):
    """A limit is reached. `retry_after` is in seconds."""

    def __init__(self, rule: str, retry_after: int) -> None:
        super().__init__(rule)
        self.rule = rule
        self.retry_after = retry_after


class NeedsProof(SignupError):
    """A sign-up must bring a proof of work for `challenge`, of `bits` leading zero bits: all while under attack, and
    at any time one that came faster than a person types.
    """

    def __init__(self, challenge: str = "", bits: int = 0, *, is_quick: bool = False) -> None:
        super().__init__("proof of work")
        self.challenge = challenge
        self.bits = bits
        self.is_quick = is_quick


class KioskRevoked(SignupError):
    """An operator switched this kiosk off. `str(error)` is its name."""


class BadFile(SignupError):
    """The file cannot be imported. `reason` names why (`imports.readers.table_file.REASONS`), `facts` names where."""

    def __init__(self, reason: str, **facts: object) -> None:
        super().__init__(" ".join([reason, *(f"{name}={value}" for name, value in facts.items())]))
        self.reason = reason
        self.facts = facts


class CannotMerge(SignupError):
    """The two contacts cannot be merged, or unmerged, as they are now."""


class TooSlow(SignupError):
    """A query took longer than its caller allows."""


class InvisibleCharacter(SignupError):
    """The text holds a character that is not allowed (`plain_text`). `character` names it: U+0007."""

    def __init__(self, field: str, character: str) -> None:
        super().__init__(f"{field}: {character}")
        self.character = character


class NotReady(SignupError):
    """The form cannot be published as it is. `str(error)` says why, in the operator's language."""


class NotFound(SignupError):
    """There is no such form, list, contact or file."""


class NotAllowed(SignupError):
    """The operator does not have this permission. `str(error)` is the permission."""


class NotPossible(SignupError):
    """The operation is not possible at the moment. `str(error)` says why, in the operator's words."""


class LegallyHeld(SignupError):
    """The person must not be erased before `until`: a legal hold says why."""

    def __init__(self, reason: str, until: datetime) -> None:
        super().__init__(f"held until {until.date().isoformat()}: {reason}")
        self.reason = reason
        self.until = until
