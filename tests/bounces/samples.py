"""Bounces of each mail server's style, made up: name, mail, address, class, reason."""

from signup.bounces.bounce_class import BounceClass, Reason

HARD, SOFT, OURS = BounceClass.HARD, BounceClass.SOFT, BounceClass.OURS
UNKNOWN = Reason.USER_UNKNOWN
_DAEMON = "From: MAILER-DAEMON@mx.example.net\nTo: letter@example.com\nSubject: "
_ORIGINAL = (
    "Return-Path: <letter@example.com>\nFrom: letter@example.com\nTo: ada@example.org\nMessage-ID: <x@example.com>\n"
)


def _report(subject: str, notice: str, block: str) -> str:
    return (
        f"{_DAEMON}{subject}\nContent-Type: multipart/report; report-type=delivery-status; boundary=x\n\n--x\n"
        f"Content-Type: text/plain; charset=utf-8\n\n{notice}\n--x\nContent-Type: message/delivery-status\n\n"
        f"Reporting-MTA: dns; mx.example.net\n\n{block}\n\n--x\nContent-Type: text/rfc822-headers\n\n"
        f"{_ORIGINAL}\n--x--\n"
    )


def _block(status: str, diagnosis: str, action: str = "failed") -> str:
    said = f"\nDiagnostic-Code: {diagnosis}" if diagnosis else ""
    return f"Final-Recipient: rfc822; ada@example.org\nAction: {action}\nStatus: {status}{said}"


def _plain(subject: str, notice: str) -> str:
    return f"{_DAEMON}{subject}\nContent-Type: text/plain; charset=utf-8\n\n{notice}\n"


_POSTFIX = "<ada@example.org>: host mx.example.org[192.0.2.1] said: 550 5.1.1 <ada@example.org>: User unknown"
_QMAIL = (
    "Hi. This is the qmail-send program at mx.example.net.\n\n<ada@example.org>:\nSorry, no "
    "mailbox here by that name. (#5.1.1)\n"
)
_EXIM = (
    "A message that you sent could not be delivered to one or more of its\nrecipients.\n\n  "
    "ada@example.org\n    Unrouteable address\n"
)
_GERMAN = (
    "Fehler bei der Nachrichtenzustellung an folgende Empfänger:\n\nada@example.org\nDie "
    "eingegebene E-Mail-Adresse konnte nicht gefunden werden."
)
_FRENCH = (
    "Échec de la remise pour ces destinataires :\n\nada@example.org\nL’adresse de messagerie que "
    "vous avez entrée est introuvable."
)
_NOTES = (
    "Your message\n\n  Subject: The Letter\n\nwas not delivered to:\n\n  ada@example.org\n\n"
    "because:\n\n  User ada not listed in Domino Directory\n"
)
_EXCHANGE = (
    "Your message\n\n  To:      letter@list.example.com\n  Subject: The Letter\n  Sent:    Fri, "
    "4 Oct 2024 17:10:56 -0400\n\ndid not reach the following recipient(s):\n\nada@example.org "
    "on Fri, 4 Oct 2024 17:12:28 -0400\n    The recipient name is not recognized\n"
)
_MAILRU = (
    "This message was created automatically by mail delivery software.\n\nA message that you "
    "sent could not be delivered.\n\n**********************\n\nada@example.org\nMessage was not "
    "accepted -- invalid mailbox.  Local mailbox ada@example.org is unavailable: user not found\n"
)
_ARF = (
    "From: fbl@example.net\nSubject: complaint\nContent-Type: multipart/report; "
    "report-type=feedback-report; boundary=x\n\n--x\n"
    "Content-Type: text/plain\n\nA person reported this mail.\n--x\nContent-Type: "
    "message/feedback-report\n\nFeedback-Type: abuse\n"
    "User-Agent: Some/1\nOriginal-Rcpt-To: <ada@example.org>\n\n--x\nContent-Type: "
    f"message/rfc822\n\n{_ORIGINAL}\nHello\n--x--\n"
)

SAMPLES: list[tuple[str, str, str, BounceClass, Reason]] = [
    ("postfix", _plain("Undelivered Mail Returned to Sender", _POSTFIX), "ada@example.org", HARD, UNKNOWN),
    ("qmail", _plain("failure notice", _QMAIL), "ada@example.org", HARD, UNKNOWN),
    ("exim", _plain("Mail delivery failed: returning message to sender", _EXIM), "ada@example.org", HARD, UNKNOWN),
    ("german", _plain("Unzustellbar: The Letter", _GERMAN), "ada@example.org", HARD, UNKNOWN),
    ("french", _plain("Non remis : The Letter", _FRENCH), "ada@example.org", HARD, UNKNOWN),
    ("notes", _plain("DELIVERY FAILURE", _NOTES), "ada@example.org", HARD, UNKNOWN),
    ("exchange", _plain("Undeliverable: The Letter", _EXCHANGE), "ada@example.org", HARD, UNKNOWN),
    ("mail.ru", _plain("Mail failure.", _MAILRU), "ada@example.org", HARD, UNKNOWN),
    (
        "gmail",
        _report("x", "", _block("5.1.1", "smtp; 550-5.1.1 The email account that you tried to reach does not exist")),
        "ada@example.org",
        HARD,
        UNKNOWN,
    ),
    (
        "outlook",
        _report("x", "", _block("5.4.1", "smtp;550 5.4.1 Recipient address rejected: Access denied")),
        "ada@example.org",
        HARD,
        UNKNOWN,
    ),
    (
        "yahoo",
        _report("x", "", _block("5.0.0", "smtp; 554 delivery error: dd This user doesn't have a yahoo.com account")),
        "ada@example.org",
        HARD,
        UNKNOWN,
    ),
    ("no words", _report("x", "", _block("5.1.1", "")), "ada@example.org", HARD, UNKNOWN),
    (
        "no host",
        _report(
            "x",
            "",
            _block(
                "5.4.4",
                "x-postfix; Host or domain name not found. Name service error for name=example.org type=A: "
                "Host not found",
            ),
        ),
        "ada@example.org",
        HARD,
        Reason.HOST_UNKNOWN,
    ),
    (
        "disabled",
        _report("x", "", _block("5.2.1", "smtp; 550 5.2.1 The email account that you tried to reach is disabled")),
        "ada@example.org",
        HARD,
        Reason.SUSPENDED,
    ),
    (
        "full",
        _report("x", "", _block("5.2.2", "smtp; 552 5.2.2 The email account is over quota")),
        "ada@example.org",
        SOFT,
        Reason.FULL,
    ),
    (
        "blocked",
        _report(
            "x",
            "",
            _block("5.7.1", "smtp; 550 5.7.1 Service unavailable, Client host [192.0.2.1] blocked using Spamhaus"),
        ),
        "ada@example.org",
        OURS,
        Reason.BLOCKED,
    ),
    (
        "dmarc",
        _report(
            "x", "", _block("5.7.26", "smtp; 550-5.7.26 Unauthenticated email is not accepted due to DMARC policy")
        ),
        "ada@example.org",
        OURS,
        Reason.AUTHENTICATION,
    ),
    (
        "delayed",
        _report("x", "", _block("4.4.1", "smtp; connection timed out", "delayed")),
        "ada@example.org",
        BounceClass.DELAYED,
        Reason.DELAYED,
    ),
    ("complaint", _ARF, "ada@example.org", BounceClass.COMPLAINT, Reason.COMPLAINT),
    (
        "refused before the recipient was named",
        _plain(
            "Mail delivery failed",
            "  ada@example.org\n    host mx.example.org [192.0.2.1]\n    SMTP error from remote mail server after "
            "MAIL FROM:<letter@example.com>:\n    550 No such domain",
        ),
        "ada@example.org",
        OURS,
        Reason.OWN_SENDER,
    ),
    (
        "a signature of the returned mail",
        _plain(
            "Delivery Status Notification (Failure)",
            "Delivery to the following recipient failed permanently:\n\n     ada@example.org\n\n550 5.1.1 User "
            "unknown\n\n----- Original message -----\n\nDKIM-Signature: v=1; a=rsa-sha256; d=example.com;\n"
            "        h=from:to;\n        bh=AAAA;\n        b=BBBB\n         CCCC\n         DDDD\n         EEEE\n"
            "Received: by mx.example.com\n",
        ),
        "ada@example.org",
        HARD,
        UNKNOWN,
    ),
    (
        "a code that says more than the words",
        _report("x", "", _block("5.7.0", "smtp; 550 5.7.0 <ada@example.org>: Recipient address rejected: No")),
        "ada@example.org",
        OURS,
        Reason.POLICY,
    ),
    (
        "the server's code against the report's",
        _report("x", "", _block("5.1.1", "smtp; 550 5.7.1 IP address blacklisted by recipient")),
        "ada@example.org",
        OURS,
        Reason.BLOCKED,
    ),
    (
        "the account is blocked, not we",
        _report("x", "", _block("5.5.0", "smtp; 550 5.5.0 The recipient account is blocked")),
        "ada@example.org",
        HARD,
        Reason.SUSPENDED,
    ),
    (
        "a wrapper around every reply",
        _report("x", "", _block("5.1.0", "smtp; 5.1.0 - Unknown address error 550-'5.7.1 Access denied'")),
        "ada@example.org",
        OURS,
        Reason.POLICY,
    ),
    (
        "hosts that fail for long",
        _plain("Mail delivery failed", "  ada@example.org\n    all hosts for it have been failing for a long time"),
        "ada@example.org",
        SOFT,
        Reason.EXPIRED,
    ),
]
