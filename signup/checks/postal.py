"""Checks postal codes: their format in every country, and in Switzerland, France and Belgium whether the locality fits.

The tables know every commune, not every hamlet: of what they do not have they say that it is unknown. What is known to
lie elsewhere is worth a second look, and never wrong for certain.
"""

import re
from difflib import get_close_matches
from functools import cache, lru_cache

from signup.checks.country import code_of
from signup.checks.reference import lines, plain, text
from signup.checks.verdict import Checked, Verdict
from signup.ground.i18n import _

COUNTRIES = ("CH", "FR", "BE")
MAX_TYPED = 60
SUGGESTIONS = 3
SHORTEST_PART = 4
SLIP = 0.8
"""Two names that are at least this alike (of 1) may differ by a typing error."""
OVERSEAS, MONACO = ("98", "977", "978"), ("monaco", "monte carlo", "principaute de monaco")
BRUSSELS = (
    "bruxelles",
    "brussel",
    "brussels",
    "brussel bruxelles",
    "bruxelles brussel",
    "brussel stad",
    "bruxelles ville",
)
ARRONDISSEMENTS = {"paris": "75001", "lyon": "69001", "marseille": "13001"}
_ARRONDISSEMENT = re.compile(
    r"(?P<town>paris|lyon|marseille) (?:cedex )?(?P<number>[012]?\d)(?:er|e|eme|ieme|d|nd)?"
    r"(?: (?:arr|arrdt|arrondissement))?(?: cedex)?\Z"
)
_WORDS = {"st": "saint", "ste": "sainte", "s": "sur", "skt": "sankt"}


def check_postal_code(value: str, country: str = "", locality: str = "") -> Checked:
    """Check a code's format and, with a locality, whether the two belong together."""
    country = code_of(country)
    code = _code(value, country)
    pattern, example = _formats().get(country, ("", ""))
    if pattern and not re.fullmatch(pattern, code):
        hint = _("A postal code in this country looks like %(example)s.", example=example)
        return Checked(code, Verdict.INVALID, hint, version="postal-formats")
    if country not in COUNTRIES:
        return Checked(code, Verdict.OK, version="postal-formats" if pattern else "")
    return _known(code, country, locality[:MAX_TYPED].strip())


def region_of(code: str, country: str) -> str:
    """The canton, department or province of a code. Where it lies in several, the one with most of its localities."""
    found = _table(country).get(code, []) if country in COUNTRIES else []
    return max(found, key=lambda part: len(part[1]))[0] if found else ""


@lru_cache(maxsize=4096)
def _known(code: str, country: str, locality: str) -> Checked:
    parts, version = _table(country).get(code, []), versions()[country]
    if not parts:
        return _not_in_table(code, country, locality)
    wanted, region = _locality(locality, country), region_of(code, country)
    if not wanted:
        return Checked(code, Verdict.OK, region=region, version=version)
    if other := _other_arrondissement(code, country, locality):
        hint = _("Did you mean %(suggestion)s?", suggestion=f"{other} {locality}")
        return Checked(code, Verdict.MISMATCH, hint, (f"{other} {locality}",), region, version)
    for one, some in parts:
        if any(_is_same(wanted, _locality(name, country)) for name in some) or _is_town_of(one, wanted):
            return Checked(code, Verdict.OK, region=one, version=version)
    suggestions = _suggestions(code, country, locality)
    if not suggestions:  # a hamlet, or what was a commune once: the tables do not have them all
        return Checked(code, Verdict.UNKNOWN, region=region, version=version)
    hint = _("Did you mean %(suggestion)s?", suggestion=suggestions[0])
    return Checked(code, Verdict.MISMATCH, hint, suggestions, region, version)


def _suggestions(code: str, country: str, locality: str) -> tuple[str, ...]:
    """Suggestions where the locality does not fit: it belongs to another code, or it is a typing error. Empty where
    nothing is known.
    """
    wanted, names = _locality(locality, country), [name for _r, some in _table(country)[code] for name in some]
    near = get_close_matches(wanted, [_locality(name, country) for name in names], SUGGESTIONS, SLIP)
    codes = tuple(f"{other} {locality}" for other in _codes_of(wanted, country))
    if not near and not codes:
        return ()
    meant = sorted(names, key=lambda name: (_locality(name, country) not in near, name))[:SUGGESTIONS]
    return (*(f"{code} {name}" for name in meant[: 1 if codes else SUGGESTIONS]), *codes)


def _not_in_table(code: str, country: str, locality: str) -> Checked:
    """Letter boxes, firms and offices have codes of their own, thousands of them, and in no table: beside a code that
    is known such a one is possible, and right where the town has codes beside it.
    """
    wanted, version = _locality(locality, country), versions()[country]
    if country == "FR" and "cedex" in plain(locality):
        return Checked(code, Verdict.OK, region=_french_department(code), version=version)
    if country == "FR" and code.startswith(OVERSEAS):  # what France's post delivers to, and is no commune of France
        verdict = Verdict.OK if wanted in MONACO and code.startswith("980") else Verdict.UNKNOWN
        return Checked(code, verdict, version=version)
    codes, beside = _codes_of(wanted, country, every=True), code[: len(code) // 2]
    near = [other for other in _table(country) if other.startswith(beside)]
    if not near or (codes and not any(other.startswith(beside) for other in codes)):
        hint = _("There is no place with this postal code.")
        return Checked(code, Verdict.MISMATCH, hint, tuple(codes[:SUGGESTIONS]), version=version)
    own = [other for other in codes if other.startswith(beside)]
    region = region_of(own[0] if own else near[0], country)
    return Checked(code, Verdict.OK if own else Verdict.UNKNOWN, region=region, version=version)


def _is_town_of(region: str, wanted: str) -> bool:
    """Whether people use the town's name for its parts: Brussels has nineteen municipalities."""
    return region == "BE-BRU" and wanted in BRUSSELS


def _other_arrondissement(code: str, country: str, locality: str) -> str:
    """The code of the arrondissement in `LYON 3E` or `PARIS 09`, when it is not this one; else empty."""
    found = _ARRONDISSEMENT.match(plain(locality)) if country == "FR" else None
    if not found or code[:2] != (first := ARRONDISSEMENTS[found["town"]])[:2]:
        return ""
    is_it = code.endswith(f"{int(found['number']):02}") or "cedex" in plain(locality)
    meant = f"{first[:3]}{int(found['number']):02}"
    return "" if is_it or meant not in _table(country) else meant


@cache
def versions() -> dict[str, str]:
    """The source and date of each country's table."""
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
    """The whole table as text without case and accents, for searching. A second dictionary would need ten times the
    memory.
    """
    rows = (row.split("\t") for row in text(f"postal-{country.lower()}.txt.gz").splitlines())
    return "\n".join(f"{row[0]}|{'|'.join(_locality(name, country) for name in row[2].split('|'))}|" for row in rows)


def _codes_of(wanted: str, country: str, *, every: bool = False) -> tuple[str, ...]:
    if not wanted:
        return ()
    found = re.findall(rf"^(\d+)\|.*(?<=\|){re.escape(wanted)}\|", _plain_text(country), re.MULTILINE)
    codes = tuple(dict.fromkeys(found))
    return codes if every else codes[:SUGGESTIONS]


def _code(value: str, country: str) -> str:
    code = re.sub(r"\s+", " ", value.strip().upper())[:MAX_TYPED].strip()
    if country:
        code = re.sub(rf"^(?:{re.escape(country)}|{re.escape(country[:1])})[- ]?(?=\d)", "", code)
    if country == "NL":
        code = re.sub(r"^(\d{4}) ?([A-Z]{2})$", r"\1 \2", code)
    joined = code.replace(" ", "")
    pattern = _formats().get(country, ("", ""))[0]
    return joined if joined.isdigit() or (pattern and re.fullmatch(pattern, joined) and " " not in pattern) else code


def _locality(name: str, country: str) -> str:
    """A place's name in a form that can be compared: `St-Maurice s/Dargoire`, `Lyon Cedex 03`, `Renens VD`."""
    bare = re.sub(r"\(.*?\)", " ", name)
    if country == "CH":
        bare = re.sub(r"(?:^CH[- ]|\s[A-Z]{2}$|\s\d+$)", "", bare.strip())
    words = [_WORDS.get(word, word) for word in plain(bare).split()]
    if country == "FR" and (found := _ARRONDISSEMENT.match(" ".join(words))):
        return found["town"]
    if "cedex" in words:
        words = words[: words.index("cedex")]
    return " ".join(words)


def _is_same(typed: str, known: str) -> bool:
    # Many leave a part of a long name out: Bourg for Bourg-en-Bresse, Warneton for Comines-Warneton.
    return typed == known or (len(typed) >= SHORTEST_PART and f" {typed} " in f" {known} ")


def _french_department(code: str) -> str:
    return f"FR-{code[:3] if code.startswith('97') else code[:2]}"
