"""The words for emails on their way: what each is, and why one failed."""

from signup.ground.i18n import _
from signup.mailer.message_kind import MessageKind

MESSAGES = {kind.value: kind.rules.label for kind in MessageKind}

FAILURES = {
    "crashed": (
        _("The sending process crashed"),
        _("The process crashed each time it was sending only this email. Check the worker logs first."),
    ),
    "not-built": (
        _("The email could not be built"),
        _("One of its texts or values does not work. The log says which."),
    ),
    "no-mail-server": (_("No mail server"), _("The address’s domain does not exist or accepts no email.")),
    "refused": (
        _("Rejected by the mail server"),
        _("Your mail server or theirs rejected it permanently. Each email shows the reply."),
    ),
    "too-late": (
        _("Retried for too long"),
        _("The mail server was unavailable, or said “later” until it was too late."),
    ),
}
"""By `Reason` of a failed mail: its name, and what to think of it."""
