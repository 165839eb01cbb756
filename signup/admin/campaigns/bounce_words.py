"""What the pages of campaigns call the reasons for which mails came back."""

from signup.ground.i18n import _

BOUNCES = {
    "sender-refused": _("our sender was refused"),
    "spam": _("taken for spam"),
    "blocked": _("our server was blocked"),
    "authentication": _("SPF, DKIM or DMARC failed"),
    "rate-limited": _("too many at once"),
    "mailbox-full": _("mailbox full"),
    "moved": _("moved"),
    "suspended": _("account suspended"),
    "temporary": _("out of order"),
    "user-unknown": _("no such mailbox"),
    "host-unknown": _("no such domain"),
    "complaint": _("reported as spam"),
}
