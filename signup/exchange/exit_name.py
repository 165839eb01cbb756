"""What the name of a file or sheet says of everybody in it: services export who left as a file of its own.

Mailchimp's archive holds `subscribed_…`, `unsubscribed_…`, `cleaned_…` and `nonsubscribed_…`.
"""

import re

from signup.exchange.heading_words import plain

# Words and beginnings of words, in lower case without accents.
_SIGNS = {
    "complained": r"complain\w*|spam|abuse|plaintes?",
    "bounced": r"cleaned|bounced?|bounces|hard ?bounces?|rebonds?|undeliverable|unzustellbar\w*",
    "unsubscribed": (
        r"unsubscribe\w*|unsubs?|opt(?:ed)? ?outs?|suppress\w*|blacklist\w*|blocklist\w*|desabonn\w*|desinscri\w*"
        r"|abgemeldet\w*|abmeldungen|ausgetragen\w*|disiscritt\w*|cancellati|afgemeld\w*|uitgeschreven\w*|afmeldingen"
        r"|bajas?|desuscrit\w*"
    ),
    "pending": r"non ?subscribe\w*|pending|unconfirmed|non confirmes?|unbestatigt\w*|en attente",
}
_PATTERNS = {status: re.compile(rf"\b(?:{signs})\b") for status, signs in _SIGNS.items()}


def status_by_name(name: str) -> str:
    """The status of everybody in a file of this name; empty where it says none. Folders do not count."""
    words = plain(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.replace("\\", "/").rpartition("/")[2]))
    return next((status for status, pattern in _PATTERNS.items() if pattern.search(words)), "")
