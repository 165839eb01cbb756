"""What the name of a file or sheet says of everybody in it: services export who left as a file of its own.

Mailchimp's archive holds `subscribed_…`, `unsubscribed_…`, `cleaned_…` and `nonsubscribed_…`. It is a proposal that a
person sees and can overrule.
"""

import re

from signup.imports.meaning.status_word import CONFIRMED, PENDING, is_word, letters, status_of, stem_of

# Words of a file's name that say nothing about the people in it.
_COMMON = {
    *(
        "segment",
        "export",
        "exported",
        "list",
        "liste",
        "lists",
        "contacts",
        "contact",
        "kontakte",
        "csv",
        "xlsx",
        "data",
    ),
    *(
        "subscribers",
        "emails",
        "email",
        "mails",
        "mail",
        "members",
        "users",
        "audience",
        "people",
        "addresses",
        "adresses",
    ),
    *(
        "des",
        "de",
        "les",
        "der",
        "die",
        "all",
        "alle",
        "tous",
        "copy",
        "final",
        "newsletter",
        "mailchimp",
        "brevo",
        "from",
    ),
}


def state_by_name(name: str) -> str:
    """The state that a file's name gives to everybody in it, such as `cleaned_2026.csv`; empty for a name that says
    anything else beside. Folders do not count.
    """
    bare = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.replace("\\", "/").rpartition("/")[2])
    words = letters(bare.rpartition(".")[0] or bare)
    if words.startswith(("nonsubscribed", "non subscribed")):
        return PENDING
    plain = [word for word in words.split() if not any(char.isdigit() for char in word)]
    for telling in (plain, [word for word in plain if word not in _COMMON]):
        text = " ".join(telling)
        if text and (is_word(text) or all(stem_of(word) for word in telling)):
            state = status_of(text)
            return state if state != CONFIRMED else ""
    return ""
