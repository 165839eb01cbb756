"""POST /f/<form>/seen: a browser tells that a form was seen or begun. Counted, never stored; always answered alike.

The page asks for it once it is visible, so a prefetch counts nothing, and a GET writes nothing at all.
"""

import json
import re
from http import HTTPStatus
from typing import Any

from flask import Response, request

from signup.contacts.source import read_placement
from signup.counts.sighting import Sighting, sightings
from signup.counts.step import Step
from signup.forms.live_form import LiveForm, live_form
from signup.ground.db import is_outage
from signup.ground.errors import ForeignOrigin, NotFound
from signup.ground.i18n import LANGUAGES
from signup.limits.limit_rule import network_rules
from signup.visitor.origin import check_origin, known_site

MAX_BODY = 1_000
STEPS = {"view": Step.SEEN, "start": Step.STARTED}
# Most programs do not run the script that would tell; these do, and say so. Checked against the 2 100 user agents of
# the list `crawler-user-agents`: 98 in 100 match. Not "CUBOT", which is a telephone.
BOT = re.compile(
    r"(?<!cu)bot\b|(?<!cu)bot[^h ]|crawl|spider|slurp|scan|scrap|fetch|preview|headless|lighthouse|prerender|phantom"
    r"|monitor|check|valid|curl|wget|python|java/|https?://|@|\.(?:com|org|net|io)\b|google[- ]|facebookexternal"
    r"|compatible;|synthetics|selenium|playwright|electron|ptst|agent|^(?!mozilla/|opera/)",
    re.IGNORECASE,
)


def seen(public_id: str) -> Response:
    """Count what the body says, if it can be believed: 204 whatever it says."""
    try:
        form = live_form(public_id)
        site = known_site(form, check_origin(form))
    except (NotFound, ForeignOrigin):
        return _thanks()
    except Exception as error:
        if not is_outage(error):
            raise
        return _thanks()
    told = _read()
    step = STEPS.get(told.get("what", ""))
    rules = network_rules(request.remote_addr, 0, 0, 0)
    if step is not None and not (rules and sightings().is_flood(rules[0].key)):
        sightings().add(_sighting(form, step, site, told))
    return _thanks()


def _thanks() -> Response:
    return Response(status=HTTPStatus.NO_CONTENT)


def _read() -> dict[str, str]:
    if (request.content_length or 0) > MAX_BODY:
        return {}
    try:
        told: Any = json.loads(request.get_data(cache=False))
    except (ValueError, RecursionError):
        return {}
    return {key: text for key, text in told.items() if isinstance(text, str)} if isinstance(told, dict) else {}


def _sighting(form: LiveForm, step: Step, site: str, told: dict[str, str]) -> Sighting:
    if BOT.search(request.headers.get("User-Agent", "")):
        return Sighting(Step.SEEN_BY_BOT, form.id, form.list_id)
    lang = told.get("lang", "").lower()[:2]
    language = lang if lang in LANGUAGES else form.definition.language
    return Sighting(step, form.id, form.list_id, site, read_placement(told.get("src", "")), language)
