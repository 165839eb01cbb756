"""The search over all that the operator may see: people, companies, lists, forms, segments, incentives, pages."""

from http import HTTPStatus

from flask import render_template, request
from flask.typing import ResponseReturnValue

from signup.admin.frame import door
from signup.admin.search.found import found_things, people
from signup.audience.match_contacts import waiting_for_index
from signup.audience.search_text import MAX_QUERY, words_in


def search() -> ResponseReturnValue:
    text = " ".join(request.args.get("q", "").split())
    is_long = len(text) > MAX_QUERY
    words = () if is_long else tuple(words_in(text))
    page = render_template(
        "admin/search/search.html",
        text=text[:MAX_QUERY],
        is_long=is_long,
        sought=words,
        people=people(text, words) if words and door.may("contacts:see") else None,
        things=found_things(text, words) if words else [],
        waiting=waiting_for_index() if words else 0,
    )
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if is_long else HTTPStatus.OK
