"""Postal codes: their look in every country, and for Switzerland, France and Belgium whether the locality is theirs.

The tables know most localities, not all: what does not match is worth a second look, and never wrong for certain.
"""

import re
from difflib import get_close_matches
from functools import cache, lru_cache

from signup.contacts.reference import lines, plain, text
from signup.contacts.verdict import Checked, Verdict
from signup.i18n import _

COUNTRIES = ("CH", "FR", "BE")
MAX_TYPED = 60
SUGGESTIONS = 3
SHORTEST_BEGINNING = 4
_WORDS = {"st": "saint", "ste": "sainte", "s": "sur", "skt": "sankt"}


def check_postal_code(value: str, country: str = "", locality: str = "") -> Checked:
    """The code as its country writes it, and with a locality whether the two belong together."""
    country, code = country.upper(), _code(value, country.upper())
    pattern, example = _formats().get(country, ("", ""))
    if pattern and not re.fullmatch(pattern, code):
        hint = _("A postal code of this country looks like %(example)s.", example=example)
        return Checked(code, Verdict.INVALID, hint, version="postal-formats")
    if country not in COUNTRIES:
        return Checked(code, Verdict.OK, version="postal-formats" if pattern else "")
    return _known(code, country, locality[:MAX_TYPED].strip())


def region_of(code: str, country: str) -> str:
    """Canton, department or province of a code; the one of most localities where it lies in several."""
    found = _table(country).get(code, []) if country in COUNTRIES else []
    return max(found, key=lambda part: len(part[1]))[0] if found else ""


@lru_cache(maxsize=4096)
def _known(code: str, country: str, locality: str) -> Checked:
    parts, version = _table(country).get(code, []), versions()[country]
    names = [name for _region, some in parts for name in some]
    wanted = _locality(locality, country)
    region = region_of(code, country)
    if not parts:
        if country == "FR" and "cedex" in plain(locality):  # firms' own codes: thousands, and in no table
            return Checked(code, Verdict.OK, region=_french_department(code), version=version)
        hint, others = _("No place has this postal code."), _codes_of(wanted, country)
        return Checked(code, Verdict.MISMATCH, hint, others, version=version)
    if not wanted:
        return Checked(code, Verdict.OK, region=region, version=version)
    for one, some in parts:
        if any(_is_same(wanted, _locality(name, country)) for name in some):
            return Checked(code, Verdict.OK, region=one, version=version)
    near = get_close_matches(wanted, [_locality(name, country) for name in names], SUGGESTIONS)
    meant = sorted(names, key=lambda name: (_locality(name, country) not in near, name))[:SUGGESTIONS]
    codes = tuple(f"{other} {locality}" for other in _codes_of(wanted, country))
    suggestions = (*(f"{code} {name}" for name in meant[: 1 if codes else SUGGESTIONS]), *codes)
    hint = _("Did you mean %(suggestion)s?", suggestion=suggestions[0])
    return Checked(code, Verdict.MISMATCH, hint, suggestions, region, version)


@cache
def versions() -> dict[str, str]:
    """What each country's table was made from."""
    return dict(lines("versions.txt"))


@cache
def _formats() -> dict[str, tuple[str, str]]:
    return {country: (pattern, example) for country, pattern, example in lines("postal-formats.txt")}


@cache
def _table(country: str) -> dict[str, list[tuple[str, list[str]]]]:
    found: dict[str, list[tuple[str, list[str]]]] = {}
    for code, region, names in lines(f"postal-{country.lower()}.txt.gz"):
        found.setdefault(code, []).append((region, names.split("|")))
    return found


@cache
def _plain_text(country: str) -> str:
    """The whole table without case and accents, to search: a second dictionary would cost ten times as much."""
    rows = (row.split("\t") for row in text(f"postal-{country.lower()}.txt.gz").splitlines())
    return "\n".join(f"{row[0]}|{'|'.join(_locality(name, country) for name in row[2].split('|'))}|" for row in rows)


def _codes_of(wanted: str, country: str) -> tuple[str, ...]:
    if not wanted:
        return ()
    found = re.findall(rf"^(\d+)\|.*(?<=\|){re.escape(wanted)}\|", _plain_text(country), re.MULTILINE)
    return tuple(dict.fromkeys(found))[:SUGGESTIONS]


def _code(value: str, country: str) -> str:
    code = re.sub(r"\s+", " ", value.strip().upper())[:MAX_TYPED]
    if country:
        code = re.sub(rf"^(?:{re.escape(country)}|{re.escape(country[:1])})[- ]?(?=\d)", "", code)
    if country == "NL":
        code = re.sub(r"^(\d{4}) ?([A-Z]{2})$", r"\1 \2", code)
    joined = code.replace(" ", "")
    pattern = _formats().get(country, ("", ""))[0]
    return joined if joined.isdigit() or (pattern and re.fullmatch(pattern, joined) and " " not in pattern) else code


def _locality(name: str, country: str) -> str:
    """A name of a place as two spellings of it compare: `St-Maurice s/Dargoire`, `Lyon Cedex 03`, `Renens VD`."""
    bare = re.sub(r"\(.*?\)", " ", name)
    if country == "CH":
        bare = re.sub(r"(?:^CH[- ]|\s[A-Z]{2}$|\s\d+$)", "", bare.strip())
    words = [_WORDS.get(word, word) for word in plain(bare).split()]
    if "cedex" in words:
        words = words[: words.index("cedex")]
    return " ".join(words)


def _is_same(typed: str, known: str) -> bool:
    # Many leave the end of a long name out: Bourg for Bourg-en-Bresse.
    return typed == known or (len(typed) >= SHORTEST_BEGINNING and known.startswith(f"{typed} "))


def _french_department(code: str) -> str:
    return f"FR-{code[:3] if code.startswith('97') else code[:2]}"
