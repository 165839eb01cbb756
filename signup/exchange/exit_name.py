"""What the name of a file or sheet says of everybody in it: services export who left as a file of its own.

Mailchimp's archive holds `subscribed_…`, `unsubscribed_…`, `cleaned_…` and `nonsubscribed_…`. It is a proposal that a
person sees and can overrule.
"""

import re

from signup.exchange.status import BOUNCED, COMPLAINED, CONFIRMED, PENDING, UNSUBSCRIBED, letters, status_of

# Words and beginnings of words, in lower case without accents.
_SIGNS = {
    COMPLAINED: r"complain\w*|spam|abuse|plaintes?",
    BOUNCED: r"cleaned|bounced?|bounces|hard ?bounces?|rebonds?|undeliverable|unzustellbar\w*",
    PENDING: r"non ?subscribe\w*|pending|unconfirmed|non confirmes?|unbestatigt\w*|en attente",
    UNSUBSCRIBED: (
        r"unsubscribe\w*|unsubs?|opt(?:ed)? ?outs?|suppress\w*|blacklist\w*|blocklist\w*|desabonn\w*|desinscri\w*"
        r"|abgemeldet\w*|abmeldungen|ausgetragen\w*|disiscritt\w*|cancellati|afgemeld\w*|uitgeschreven\w*|afmeldingen"
        r"|bajas?|desuscrit\w*"
    ),
}
_PATTERNS = {state: re.compile(rf"\b(?:{signs})\b") for state, signs in _SIGNS.items()}
_WITHOUT = re.compile(
    r"\b(?:not?|non|without|minus|except|excluding|sans|sauf|ohne|ausser|zonder|senza|sin|and|et|und|en)\b"
)
"""Of such a name it is not certain whom it means."""


def state_by_name(name: str) -> str:
    """The state of everybody in a file of this name; empty where it says none. Folders do not count."""
    bare = name.replace("\\", "/").rpartition("/")[2]
    words = letters(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", bare.rpartition(".")[0] or bare))
    if found := next((state for state, pattern in _PATTERNS.items() if pattern.search(words)), ""):
        return "" if _WITHOUT.search(re.sub(_SIGNS[PENDING], "", words)) else found
    state = status_of(words)
    return state if state != CONFIRMED else ""
