"""The text of a value: how long it may be, what it may not hold, and how texts are compared and made keys."""

import re
import unicodedata

from signup.ground.i18n import _

MAX_TEXT = 500
MAX_KEY = 40


def refuse_control_characters(text: str) -> None:
    """Raise `ValueError`, with the sentence for who typed it, when the text holds any."""
    if any(ord(char) < ord(" ") or char in "\x7f\u2028\u2029" for char in text):
        raise ValueError(str(_("Remove the control characters.")))


def letters_of(text: str) -> str:
    """`text` without accents, case and signs, for comparing: `Genève ` and `GENEVE.` are both `geneve`."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in plain if char.isalnum())


def key_from(label: str, *, separator: str = "_") -> str:
    """A stable key for a label: `Ton prénom` becomes `ton_prenom`, `d’Été` `d_ete`."""
    parts = unicodedata.normalize("NFKD", label)
    words = "".join(char if char.isalnum() or unicodedata.combining(char) else " " for char in parts)
    plain = words.encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", separator, plain).strip(separator)[:MAX_KEY]
