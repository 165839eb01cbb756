"""Help on every page: a link to the part of the docs that belongs to it, served without a network."""

import re

from flask import Flask

from signup.admin.frame import help_pages
from signup.admin.routes import door
from tests.admin.cast import VIC, signed_in


def test_every_page_has_a_topic_of_its_own_that_resolves(app: Flask) -> None:
    with app.test_request_context():
        for endpoint in door.locks:
            page, anchor = help_pages.topic_of(endpoint)
            assert anchor in help_pages.read(page).anchors, (endpoint, page, anchor)
        for name in help_pages.names():
            found = help_pages.read(name)
            assert len(set(found.anchors)) == len(found.anchors), name
            for target in re.findall(r'href="/admin/help/([^"]+)"', found.markup):
                page, _hash, anchor = target.partition("#")
                assert not anchor or anchor in help_pages.read(page).anchors, (name, target)
            assert "<script" not in found.markup
            assert 'href="http://' not in found.markup


def test_a_page_leads_to_its_help_and_the_help_to_its_neighbours(app: Flask) -> None:
    vic = signed_in(app, VIC)
    assert 'href="/admin/help/people#audit-trail"' in vic.get("/admin/settings/audit").text
    page = vic.get("/admin/help/people").text
    assert '<h2 id="audit-trail">' in page
    assert 'href="/admin/help/segments"' in page
    assert vic.get("/admin/help/../../secret").status_code == 404
    assert vic.get("/admin/help/none").status_code == 404
