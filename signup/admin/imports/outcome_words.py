"""The words for an import: its steps, where people come from, and what became of the rows."""

from signup.ground.i18n import _
from signup.imports.mapping import TARGETS
from signup.imports.row_problem import PROBLEMS

ORIGINS = {
    "claim": _("Collected by us, without a record of each opt-in"),
    "service": _("From another service, with the time of each opt-in"),
    "own": _("From an export of this service"),
    "bought": _("Bought or rented"),
}

IMPORT_TASKS = {"read": _("Awaiting mapping"), "check": _("Dry run"), "import": _("Import"), "undo": _("Undo")}

OUTCOMES = {
    "created": _("new people"),
    "joined": _("known, new on this list"),
    "updated": _("known, with new details"),
    "unchanged": _("known, nothing new"),
    "left": _("left unchanged"),
    "duplicate": _("repeated in the file"),
    "invalid": _("not understood"),
}

OUTCOMES_OF_LIST = OUTCOMES | {"created": _("new on this list"), "updated": _("already on this list")}
"""For who works with some lists: whether somebody is known to others is not theirs to know."""

VERDICTS = {
    "ok": _("valid"),
    "unknown": _("possible, but not in any directory"),
    "mismatch": _("doesn’t match other details"),
    "invalid": _("not valid"),
}

STATES_OF_A_WORD = {
    "confirmed": _("Subscribed"),
    "pending": _("Not confirmed yet"),
    "unsubscribed": _("Unsubscribed"),
    "bounced": _("Bounced"),
    "complained": _("Complained"),
}
"""What a status word of a file can mean."""


def import_problem(code: str) -> str:
    """Why a row was not taken; after a colon its code names the column."""
    kind, _colon, what = code.partition(":")
    what, text = str(TARGETS.get(what, what)), str(PROBLEMS.get(kind, kind))
    return f"{what}: {text}" if what else text
