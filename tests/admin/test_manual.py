"""Help on every page: a link to the part of the docs that belongs to it, served without a network."""

import re
from itertools import product
from pathlib import Path

import pytest
from flask import Flask

from signup.admin.blueprint import menu
from signup.admin.help import help_pages
from signup.ground.i18n import DEFAULT, OPERATOR_LANGUAGES, speaking
from signup.privacy import retention
from tests.admin.cast import VIC, signed_in

pytestmark = pytest.mark.one_engine


def test_every_page_has_a_topic_that_is_there_in_each_language_of_operators(app: Flask) -> None:
    with app.test_request_context():
        for endpoint, topic in menu.topics.items():
            page, _hash, anchor = topic.partition("#")
            assert anchor in help_pages.read(page).anchors, (endpoint, page, anchor)
            for language in OPERATOR_LANGUAGES:
                assert help_pages.read(page, language).language == language, (endpoint, page)
        for name, language in product(help_pages.names(), OPERATOR_LANGUAGES):
            found = help_pages.read(name, language)
            assert len(set(found.anchors)) == len(found.anchors), name
            for target in re.findall(r'href="/admin/help/([^"]+)"', found.markup):
                page, _hash, anchor = target.partition("#")
                assert not anchor or anchor in help_pages.read(page).anchors, (name, language, target)
            assert "<script" not in found.markup
            assert 'href="http://' not in found.markup


@pytest.mark.parametrize("language", OPERATOR_LANGUAGES)
def test_a_listener_tells_the_tables_of_a_page_and_their_columns_apart(language: str, app: Flask) -> None:
    with app.test_request_context():
        for name in help_pages.names():
            markup = help_pages.read(name, language).markup
            labels = re.findall(r'role="region" aria-label="([^"]+)"', markup)
            assert len({*labels}) == markup.count("<table>"), (name, labels)
            assert "<th></th>" not in markup, name


def test_a_page_leads_to_its_help_and_the_help_to_its_neighbours(app: Flask) -> None:
    vic = signed_in(app, VIC)
    assert 'href="/admin/help/people#audit-trail"' in vic.get("/admin/settings/audit").text
    page = vic.get("/admin/help/people").text
    assert '<h2 id="audit-trail">' in page
    assert 'href="/admin/help/segments"' in page
    assert vic.get("/admin/help/../../secret").status_code == 404
    assert vic.get("/admin/help/none").status_code == 404


TRANSLATIONS = sorted(path.relative_to(help_pages.DOCS) for path in help_pages.DOCS.glob("??/*.md"))
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
REMARK = re.compile(r" +# .*")


@pytest.mark.parametrize("page", TRANSLATIONS, ids=str)
def test_a_translation_has_the_headings_the_tables_and_the_examples_of_the_english_page(page: Path) -> None:
    english, translated = ((help_pages.DOCS / name).read_text() for name in (page.name, page))
    assert re.findall(r"^#+", translated, re.MULTILINE) == re.findall(r"^#+", english, re.MULTILINE)
    assert FENCE.findall(REMARK.sub("", translated)) == FENCE.findall(REMARK.sub("", english))
    assert len(re.findall(r"^\|", translated, re.MULTILINE)) == len(re.findall(r"^\|", english, re.MULTILINE))


def test_a_translation_leads_to_pages_of_its_own_language_where_there_are_some() -> None:
    outward = re.compile(r"\]\(\.\./([\w-]+\.md)")
    led = {
        page.with_name(name) for page in TRANSLATIONS for name in outward.findall((help_pages.DOCS / page).read_text())
    }
    assert led
    assert led & {*TRANSLATIONS} == set()


@pytest.mark.parametrize("language", OPERATOR_LANGUAGES)
def test_the_page_on_retention_shows_the_list_as_it_is(language: str, app: Flask) -> None:
    folder = help_pages.DOCS if language == DEFAULT else help_pages.DOCS / language
    with app.test_request_context(), speaking(language):
        assert retention.table() in (folder / "retention.md").read_text()


def test_help_is_in_the_operators_language_and_in_english_where_nobody_translated_it(app: Flask) -> None:
    vic = signed_in(app, VIC)
    french = {"Accept-Language": "fr"}
    page = vic.get("/admin/help/people", headers=french).text
    assert '<article class="card doc" lang="fr">' in page
    assert '<h2 id="audit-trail">Journal d’audit</h2>' in page  # the anchor is the English one
    assert re.findall(r"(Premiers pas|Accès|Sauvegarde et restauration)</a>", page) == [
        "Premiers pas",
        "Accès",
        "Sauvegarde et restauration",
    ]
    assert '<article class="card doc" lang="en">' in vic.get("/admin/help/performance", headers=french).text
    assert "Audit trail" in vic.get("/admin/help/people").text
    with app.test_request_context():
        for path in TRANSLATIONS:
            assert help_pages.read(path.stem, path.parent.name).anchors == help_pages.read(path.stem).anchors
