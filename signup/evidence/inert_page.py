"""A kept page or mail made inert: to be read, not to be used. No script, no link that leads away, nothing is sent."""

import json
import re

from flask import render_template

from signup.evidence.proven_event import ShownForm
from signup.forms.form_rendering import QR, Surface

POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'self'; sandbox"
)
"""The headers of such a page say it once more: an attribute of a mail's HTML may hold anything."""
_ACTIVE = re.compile(
    r"<script\b.*?</script\s*>|<script\b[^>]*/?>|<link\b[^>]*>|<meta\b[^>]*http-equiv[^>]*>|<base\b[^>]*>",
    re.IGNORECASE | re.DOTALL,
)
_ATTRIBUTE = re.compile(
    r"""\s(?:on\w+|href|action|formaction|autofocus)\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>]+)""", re.IGNORECASE
)
_END_OF_HEAD = re.compile(r"</head\s*>", re.IGNORECASE)
_STILL = "a,button,input,select,textarea,label{pointer-events:none}"


def of_form(form: ShownForm, language: str) -> str:
    """The form as it was seen, as one page with its style; empty where it was not kept."""
    if not form.content:
        return ""
    if form.surface == Surface.SCRIPT:
        return _styled(_drawn(form, language), form.style)
    if form.surface == Surface.KIOSK:
        card = f'<main class="card">{_without(form.content).replace(QR, "")}</main>'
        return _styled(_whole(card, language), form.style)
    return _styled(_without(form.content), form.style)


def height(page: str) -> int:
    """How many pixels a kept form needs, by what it asks: a page on paper cannot be scrolled to its box."""
    return 440 + 92 * page.count('class="field') + 44 * page.count('class="option"')


def of_mail(html: str) -> str:
    """A mail's HTML part."""
    return _styled(_without(html), "")


def _drawn(form: ShownForm, language: str) -> str:
    """What the script drew of these texts and questions, in the order it draws them."""
    told = json.loads(form.content)
    return _whole(render_template("evidence/script_form.html", told=told), language)


def _whole(body: str, language: str) -> str:
    return f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"></head><body>{body}</body></html>'


def _without(html: str) -> str:
    return _ATTRIBUTE.sub("", _ACTIVE.sub("", html))


def _styled(html: str, style: str) -> str:
    sheet = f"<style>{style}{_STILL}</style>"
    return _END_OF_HEAD.sub(lambda end: sheet + end[0], html, count=1)
