"""Choosing a country: the near ones first, the others by their names in the reader's language."""

from typing import Any

from babel import Locale
from flask_babel import get_locale

from signup.ground.i18n import DEFAULT, _

NEAR = ("CH", "FR", "BE", "DE", "IT", "NL", "AT", "LU", "LI")


def countries() -> dict[str, Any]:
    """Every country by its two letters, in the reader's language: none, the near ones, then the others by name."""
    names = {
        code: str(name)
        for code, name in Locale.parse(str(get_locale() or DEFAULT)).territories.items()
        if len(code) == len("CH") and code.isalpha() and code not in {"EU", "EZ", "UN", "XA", "XB", "ZZ", "QO"}
    }
    others = sorted((code for code in names if code not in NEAR), key=names.__getitem__)
    return {"": _("Unknown")} | {code: names[code] for code in (*NEAR, *others) if code in names}
