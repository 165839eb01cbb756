"""Countries as people and programs write them: an ISO 3166-1 code, or a name in one of our languages (CLDR)."""

from functools import cache, lru_cache

from babel import Locale
from babel.core import get_global

from signup.checks.reference import plain
from signup.ground.i18n import LANGUAGES

_NO_COUNTRY = frozenset({"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"})
_FLAGS = {0x1F1E6 + place: chr(ord("A") + place) for place in range(26)}
# Names in daily use that CLDR's list of one name a language does not have.
_ALSO = {
    "GB": "england|scotland|wales|northern ireland|great britain|grande bretagne|angleterre|ecosse|grossbritannien"
    "|england|schottland|gran bretagna|inghilterra|scozia|groot brittannie|engeland|schotland|u k",
    "US": "u s a|u s|united states of america|etats unis d amerique|usa|vereinigte staaten von amerika"
    "|stati uniti d america|verenigde staten van amerika|amerika",
    "NL": "holland|hollande|olanda|the netherlands|niederlande die",
    "CH": "swiss|svizra|confoederatio helvetica|schweizerische eidgenossenschaft|confederation suisse",
    "DE": "brd|bundesrepublik deutschland|federal republic of germany|allemagne republique federale d",
    "CZ": "czech republic|republique tcheque|tschechische republik|repubblica ceca|tsjechische republiek",
    "CI": "ivory coast|elfenbeinkuste",
    "TR": "turkey",
    "MK": "macedonia|macedoine|mazedonien",
    "GR": "el|hellas",
    "LU": "grand duche de luxembourg|grossherzogtum luxemburg",
    "LI": "furstentum liechtenstein|fl",
    "IE": "republic of ireland|eire",
    "ES": "espana",
    "AT": "oesterreich|republik osterreich",
    "HK": "hong kong|hongkong",
    "VA": "vatican|vatikan|vaticano|holy see",
    "BE": "royaume de belgique|koninkrijk belgie",
    "MC": "principaute de monaco",
    "RU": "russian federation|federation de russie|russische foderation",
}


# Parts of a country that CLDR names beside it, and Kosovo, which has no code in the standard but people.
_PARTS = frozenset({"AC", "CP", "CQ", "DG", "EA", "IC", "TA"})


@lru_cache(maxsize=32)
def country_names(language: str) -> tuple[tuple[str, str], ...]:
    """Every country as its code and its name in a language, sorted by name."""
    known = Locale.parse(language.replace("-", "_")).territories.items()
    named = [(code, str(name)) for code, name in known if _is_country(code) and code not in _PARTS]
    return tuple(sorted(named, key=lambda one: plain(one[1])))


def _is_country(code: str) -> bool:
    return len(code) == len("CH") and code.isalpha() and code not in _NO_COUNTRY  # the others are continents


@cache
def _names() -> dict[str, str]:
    names: dict[str, str] = {}
    for language in LANGUAGES:
        for code, name in Locale(language).territories.items():
            if _is_country(code):
                names.setdefault(plain(str(name)), code)
    names |= {name: code for code, also in _ALSO.items() for name in also.split("|")}
    codes = set(names.values())
    # Alpha-3 and what stood for a country once, as UK; not the numbers, nor what became several countries.
    aliases = get_global("territory_aliases").items()
    names |= {old.lower(): new[0] for old, new in aliases if old.isalpha() and len(new) == 1 and new[0] in codes}
    return names | {code.lower(): code for code in codes}


@lru_cache(maxsize=4096)
def code_of(text: str) -> str:
    """The ISO 3166-1 alpha-2 code of a code or name: `Suisse`, `CHE`, `UK`, `Royaume-Uni (le)`. Empty if unknown."""
    names, words = _names(), text[:100].translate(_FLAGS)
    return names.get(plain(words)) or names.get(plain(words.partition("(")[0])) or ""
