"""The usual legal forms of six countries, stored by their ISO 20275 code."""

from functools import cache
from typing import NamedTuple

from signup.checks.reference import lines, plain
from signup.checks.verdict import Checked, Verdict
from signup.ground.i18n import _

SUGGESTIONS = 3


class LegalForm(NamedTuple):
    """A legal form of one country."""

    country: str
    code: str
    short: str
    """How people write it, several ways separated by ` / `. Some have none."""
    names: dict[str, str]
    """The full name by language."""

    def said_in(self, language: str) -> str:
        name = self.names.get(language) or next(iter(self.names.values()))
        return f"{self.short} – {name}" if self.short else name

    @property
    def spellings(self) -> set[str]:
        """What people may type for it, without case and punctuation."""
        return {_joined(one) for one in (*self.short.split(" / "), *self.names.values()) if one}


def check_legal_form(value: str, country: str = "", _beside: str = "") -> Checked:
    """Check a legal form: `Sàrl` in `CH` is `3EKS`. Without a country, only one form may have that spelling."""
    typed, wanted = value.strip()[:80], _joined(value)
    offered = forms_of(country.upper())
    found = [one for one in offered if wanted in one.spellings or one.code == typed.upper()]
    if len({one.code for one in found}) == 1:
        return Checked(found[0].code, Verdict.OK, version="ISO 20275")
    near = found or [one for one in offered if any(wanted[:3] == one_way[:3] for one_way in one.spellings)]
    shown = tuple(one.said_in("en") for one in near[:SUGGESTIONS])
    hint = _("Did you mean %(suggestion)s?", suggestion=shown[0]) if shown else _("This legal form is not on the list.")
    return Checked(typed, Verdict.MISMATCH if found else Verdict.INVALID, hint, shown, version="ISO 20275")


def forms_of(country: str = "") -> list[LegalForm]:
    """The legal forms of a country in the order of the choice; without a country, all."""
    return [one for one in _table().values() if country in {"", one.country}]


def find_form(code: str) -> LegalForm | None:
    return _table().get(code)


def without_legal_form(name: str) -> str:
    """A company's name as people say it: `Vaud Digital SA` is `Vaud Digital`. A name is never emptied."""
    words = name.split()
    while len(words) > 1 and _joined(words[-1]) in _endings():
        words.pop()
    return " ".join(words).rstrip(",") or name


@cache
def _endings() -> frozenset[str]:
    shorts = {_joined(way) for one in _table().values() for way in one.short.split(" / ") if way}
    return frozenset(shorts | {"ltd", "inc", "llc", "plc", "limited"})  # of countries that are not in the table


@cache
def _table() -> dict[str, LegalForm]:
    found = {}
    for country, code, short, *names in lines("legal-forms.txt"):
        found[code] = LegalForm(country, code, short, dict(name.split("=", 1) for name in names))
    return found


def _joined(words: str) -> str:
    return plain(words).replace(" ", "")
