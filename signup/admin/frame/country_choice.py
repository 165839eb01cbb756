"""Choosing a country: the near ones first, the others by their names in the reader's language."""

from typing import Any

from flask_babel import get_locale

from signup.checks.country import country_names
from signup.ground.i18n import DEFAULT, _

NEAR = ("CH", "FR", "BE", "DE", "IT", "NL", "AT", "LU", "LI")


def countries() -> dict[str, Any]:
    """Every country by its two letters, in the reader's language: none, the near ones, then the others by name."""
    names = dict(country_names(str(get_locale() or DEFAULT)))
    others = (code for code in names if code not in NEAR)
    return {"": _("Unknown")} | {code: names[code] for code in (*NEAR, *others)}
