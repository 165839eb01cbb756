"""The errors that the record raises. `signup.service.headers` turns them into HTTP answers.

What a mail server answered is no error but a value: see `signup.mailer.smtp`.
"""

from collections.abc import Mapping


class SignupError(Exception):
    """Anything this service refuses or cannot do; `str(error)` is for logs, never for visitors."""


class SettingError(SignupError):
    """A setting is missing or wrong; the message names it."""


class InvalidAddress(SignupError):
    """An e-mail address that no mail can be sent to."""


class SeveralAddresses(InvalidAddress):
    """More than one address where one is asked for: nobody can say which is meant."""


class InvalidAnswers(SignupError):
    """A submission that does not fit the form. `problems` maps a field's key to a message id."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(", ".join(sorted(problems)))
        self.problems = dict(problems)


class InvalidToken(SignupError):
    """A link or stamp that we did not sign, or signed for another purpose."""


class ForeignOrigin(SignupError):
    """A page that the form's owner did not allow sent the form. `str(error)` is the origin."""


class TooMany(SignupError):
    """A limit of the governor is reached. `retry_after` is in seconds."""

    def __init__(self, rule: str, retry_after: int) -> None:
        super().__init__(rule)
        self.rule = rule
        self.retry_after = retry_after


class NeedsProof(SignupError):
    """It is hot: the sign-up must come again with a proof of work for `challenge`, of `bits` leading zero bits."""

    def __init__(self, challenge: str = "", bits: int = 0) -> None:
        super().__init__("proof of work")
        self.challenge = challenge
        self.bits = bits


class KioskRevoked(SignupError):
    """A kiosk whose operator switched it off. `str(error)` is its name."""


class BadFile(SignupError):
    """A file that cannot be imported. `reason` names why (`imports.readers.table_file.REASONS`), `facts` where."""

    def __init__(self, reason: str, **facts: object) -> None:
        super().__init__(" ".join([reason, *(f"{name}={value}" for name, value in facts.items())]))
        self.reason = reason
        self.facts = facts


class CannotMerge(SignupError):
    """Two contacts that cannot be made one, or parted again, as they are now."""


class TooSlow(SignupError):
    """A question to the database that took longer than whoever asked wants to wait."""


class InvisibleCharacter(SignupError):
    """A text holds a character that none of ours may hold (`plain_text`). `character` names it: U+0007."""

    def __init__(self, field: str, character: str) -> None:
        super().__init__(f"{field}: {character}")
        self.character = character


class NotReady(SignupError):
    """A form that may not go out as it is written. `str(error)` says why, in the language of whoever wrote it."""


class NotFound(SignupError):
    """No such form, list, contact or file."""


class NotAllowed(SignupError):
    """The operator's role does not hold the permission. `str(error)` is the permission."""


class NotPossible(SignupError):
    """Something that may not be asked for as things stand. `str(error)` says why, in words for an operator."""
