"""Products in a letter, and the layout of panels: what stands in them, in both bodies, for every program."""

import re
from types import SimpleNamespace

import pytest
from flask import Flask

from signup.campaigns import preflight
from signup.campaigns.letter import links_of, write_letter
from signup.ground.db import transaction
from signup.mailer import web_letter
from tests.campaigns.campaign_cast import make_campaign
from tests.campaigns.test_letter import html_of, parsed, written
from tests.cast import make_form, make_list, text_of
from tests.mailer.mail_clients import NEVER, PROPERTIES, THINGS
from tests.mailer.test_mail_html import WORN

pytestmark = pytest.mark.one_engine
MUG = """```product
picture: https://example.org/mug.png
alt: A brown mug
name: The *press* mug
price: CHF 18.00
text: Holds 30 cl,
  for {{ first_name | "you" }}.
button: Buy the mug
link: https://example.org/mug?a=1&b=2
```
"""
LAYOUTS = ("letter", "news", "magazine")


def test_a_product_stands_in_both_bodies_with_its_links_counted(app: Flask) -> None:
    mail = written(f"Before [a](https://example.org/a)\n\n{MUG}\nAfter", values={"first_name": "Ada"})
    text = text_of(parsed(mail)).replace("\r\n", "\n")
    assert (
        "[A brown mug]\n\nThe press mug\n\nCHF 18.00\n\nHolds 30 cl,\nfor Ada.\n\nBuy the mug: https://example.org/mug?a=1&b=2\n"
        in text
    )
    html = html_of(mail)
    assert '<img src="https://example.org/mug.png" alt="A brown mug" width="160"' in html
    assert "<em>press</em>" in html
    assert html.count("https://example.org/mug?a=1&amp;b=2") == 3
    words = SimpleNamespace(
        list=make_list("other"), body=f"[a](https://example.org/a)\n\n{MUG}", preheader="", layout="news"
    )
    assert [link.label for link in links_of(words)] == ["a", "A brown mug", "The press mug", "Buy the mug"]


def test_only_a_name_must_be_there(app: Flask) -> None:
    html = html_of(written("```product\nname: Notebook\n```"))
    assert "Notebook" in html
    assert "<img" not in html


@pytest.mark.parametrize(
    ("block", "code"),
    [
        ("name: x\nprize: 3", "product-line"),
        ("price: 3", "product-name"),
        ("name: x\nbutton: Buy", "product-button"),
        ("name: x\nlink: https://example.org", "product-button"),
        ("name: x\nsome words", "product-line"),
        ("", "product-name"),
    ],
)
def test_a_product_that_is_not_understood_blocks_the_letter(app: Flask, block: str, code: str) -> None:
    campaign = make_campaign(body=f"```product\n{block}\n```")
    assert code in [problem.code for problem in preflight.blocks(campaign)]


@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert(1)",
        'https://example.org/"><script>alert(1)</script>',
        "data:text/html,<script>",
        "//example.org",
    ],
)
def test_nothing_in_a_product_becomes_a_tag_or_a_script(app: Flask, text: str) -> None:
    block = "\n".join(f"{part}: {text}" for part in ("picture", "alt", "name", "price", "text", "button", "link"))
    html = html_of(written(f"```product\n{block}\n```"))
    assert "<script" not in html
    assert not re.search(r'(?:href|src)="(?:javascript|data):', html)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("has_look", [True, False])
def test_every_layout_uses_what_programs_know(app: Flask, layout: str, *, has_look: bool) -> None:
    of = make_list(postal_address="1 Road\nTown", legal_notice="Example Press Ltd")
    if has_look:
        make_form(of, magnet=False, appearance=WORN)
    body = f'# Head\n\nWords\n\n---\n\n## Two\n\n{MUG}\n> Quoted\n\n---\n\n- one\n\n[Go](https://example.org "button")'
    html = html_of(written(body, layout=layout))
    plain = re.sub(r"<!--.*?-->", "", html, flags=re.DOTALL)
    assert html.count("<table") == html.count("</table>")
    assert plain.count("<tr") == plain.count("</tr>")
    assert plain.count("<td") == plain.count("</td>")
    used = {name for style in re.findall(r'style="([^"]*)"', plain) for name in re.findall(r"([a-z-]+):", style)}
    assert used <= PROPERTIES.keys(), used - PROPERTIES.keys()
    for wanted in [PROPERTIES[name] for name in used]:
        assert re.search(wanted.instead, html), wanted
    for what in (r"<style>", r'<a class="button"'):
        assert re.search(THINGS[what].instead, html), what
    assert {why for pattern, why in NEVER.items() if re.search(pattern, plain)} == set()
    assert "Example Press Ltd" in plain
    assert "\ue000" not in html


def test_a_rule_parts_the_panels_of_a_magazine_and_is_a_line_elsewhere(app: Flask) -> None:
    body = "One\n\n---\n\nTwo\n\n> quoted\n>\n> ---\n\n"
    magazine, news = (html_of(written(body, layout=layout)) for layout in ("magazine", "news"))
    assert magazine.count('class="card"') == 2
    assert magazine.count("<hr") == 1  # the one in the quote
    assert news.count("<hr") == 2


def test_a_letters_words_end_no_style_of_its_page(app: Flask) -> None:
    words = SimpleNamespace(
        list=make_list(), body='</style><script>x</script> " style="x', preheader="<b>", layout="magazine"
    )
    with transaction():
        page = web_letter.page_of(write_letter(words, subject="S"), {})
    assert "<script" not in page.html
    assert page.html.count("</style>") == 2
    assert len(page.style_hashes) == 2
