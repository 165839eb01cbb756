"""A company as a person's answers mention it: read from what they typed and from their email address."""

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from signup.addresses.mailbox import is_disposable, is_free_mail
from signup.checks.check import CHECKS, country_in
from signup.checks.company_number import country_of
from signup.companies.company import MAX_NAME, SIZES, Mention, size_of

NAMING = ("company", "company_number", "vat_number", "website")
"""One of these is enough to mention a company. An address at a company's domain alone is not."""
KEYS = (
    *NAMING,
    "company_country",
    "company_postal_code",
    "company_city",
    "country",
    "street",
    "postal_code",
    "city",
    "legal_form",
    "nace",
    "headcount",
    "founded",
    "job",
)
FIRST_YEAR, LAST_YEAR = 1100, 2100
MAX_HEADCOUNT = 10_000_000


def mention_of(answers: Mapping[str, Any], mail_domain: str, default_country: str = "") -> Mention | None:
    """The company that the answers mention; None when they name none. `mail_domain` counts unless it is free-mail."""
    said = {key: " ".join(str(answers[key]).split()) for key in KEYS if isinstance(answers.get(key), str | int | float)}
    if not any(said.get(key) for key in NAMING):
        return None
    country = country_in({"country": said.get("company_country")}) or country_in(answers) or default_country
    number = _checked("company_number", said.get("company_number") or said.get("vat_number", ""), country)
    country = country_of(number) if number else country
    domain = domain_of(said.get("website", ""))
    if not domain and not is_free_mail(mail_domain) and not is_disposable(mail_domain):
        domain = mail_domain
    code = said.get("company_postal_code") or said.get("postal_code", "")
    place = CHECKS["postal_code"](code, country, "") if code else None
    headcount, size = _headcount(said.get("headcount", ""))
    return Mention(
        name=said.get("company", "")[:MAX_NAME],
        country=country,
        number=number,
        domain=domain[:253],
        legal_form=_checked("legal_form", said.get("legal_form", ""), country),
        nace=_checked("nace", said.get("nace", ""), country),
        street=said.get("street", "")[:200],
        postal_code=place.value[:20] if place else "",
        locality=(said.get("company_city") or said.get("city", ""))[:100],
        region=place.region if place else "",
        headcount=headcount,
        size=size,
        founded=_year(said.get("founded", "")),
    )


def title_in(answers: Mapping[str, Any]) -> str:
    """What the person says they do at the company."""
    job = answers.get("job")
    return " ".join(job.split()) if isinstance(job, str) else ""


def digest_of(answers: Mapping[str, Any], mail_domain: str, country: str) -> str:
    """A digest that changes when the mention changes."""
    text = "\x1f".join([country, mail_domain, *(f"{key}\x1e{answers[key]}" for key in KEYS if key in answers)])
    return sha256(text.encode()).hexdigest()[:16]


def _checked(check: str, typed: str, country: str) -> str:
    if not typed:
        return ""
    checked = CHECKS[check](typed, country, "")
    return checked.value if checked.is_ok else ""


def domain_of(website: str) -> str:
    """The host of a website as people type it; empty when it is none."""
    text = website.strip().lower()
    try:
        host = urlsplit(text if "//" in text else f"//{text}").hostname or ""
    except ValueError:
        return ""
    host = host.removeprefix("www.").rstrip(".")
    return host if re.fullmatch(r"[^\s.]+(\.[^\s.]+)+", host) else ""


def _headcount(typed: str) -> tuple[int | None, str]:
    """Reads `3`, `1'200` and `env. 40`. Of a band such as `10-49` or `500+`, only the band is known."""
    band = re.sub(r"\s*(?:-|–|à|bis|to|tot|a)\s*", "-", re.sub(r"(?<=\d)['’ \u00a0\u202f](?=\d{3})", "", typed))
    if band in SIZES and not band.isdecimal():
        return None, band
    found = re.findall(r"\d+", band)
    if len(found) != 1 or int(found[0]) > MAX_HEADCOUNT:
        return None, ""
    return int(found[0]), size_of(int(found[0]))


def _year(typed: str) -> int | None:
    found = re.search(r"(?<!\d)(1[1-9]\d\d|20\d\d)(?!\d)", typed)
    return int(found[0]) if found and FIRST_YEAR <= int(found[0]) <= LAST_YEAR else None
