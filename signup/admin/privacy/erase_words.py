"""The words for what an erasure deletes."""

from collections import Counter
from collections.abc import Mapping

from signup.ground.i18n import _

_CHECKS = _("Checks, scores and grades")
_DUPLICATES = _("Duplicates and merges")
_WORK = _("Links to companies and households")
_FILES = _("Rows of imported files, made blank")
_HISTORY = _("Earlier values")
_REST = _("Other traces")

WORDS = {
    "contact": _("Contacts"),
    "subscription": _("Subscriptions"),
    "signup": _("Sign-ups"),
    "message": _("Emails"),
    "consent_event": _("Entries of the proof, made blank"),
    "enquiry": _("Messages they sent"),
    "event": _("Activity"),
    "partner_consent": _("Consents for partners"),
    "discount_code": _("Discount codes, kept without the person"),
    "contact_tag": _("Tags"),
    "contact_note": _("Notes"),
    **dict.fromkeys(("value_change", "archived_value"), _HISTORY),
    **dict.fromkeys(("finding", "quality", "grade_change"), _CHECKS),
    **dict.fromkeys(("duplicate", "contact_merge", "former_subscription"), _DUPLICATES),
    **dict.fromkeys(("company", "position", "household", "household_member"), _WORK),
    **dict.fromkeys(("import_row", "import_mend"), _FILES),
    "exports/": _("Export files of their lists"),
    "imports/": _("Uploaded files that name them"),
    "mail/": _("Emails in the mail catcher"),
}


def in_words(found: Mapping[str, int]) -> dict[str, int]:
    """What would go, by what it is, in the order of `WORDS`."""
    counted: Counter[str] = Counter()
    for name in sorted(found, key=lambda name: list(WORDS).index(name) if name in WORDS else len(WORDS)):
        counted[str(WORDS.get(name, _REST))] += found[name]
    return dict(counted)
