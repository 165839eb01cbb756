"""Ways to bring a form before people, and that each is a source of its own."""

import re

import pytest
import segno
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from signup.cli.main import main
from signup.counts.tally import Tally
from signup.forms import placing
from signup.forms.form import Form
from signup.forms.texts import FormTexts
from signup.ground.db import db
from tests.admin.cast import VIC, signed_in
from tests.cast import ADA, make_form

pytestmark = pytest.mark.one_engine

HOST = "http://signup.example.org"


@pytest.fixture
def form(app: Flask) -> Form:
    made = make_form(magnet=False, translations={"fr": FormTexts(title="<La> Lettre")})
    assert made.version.number == 1
    return made


def modules_of(svg: str) -> int:
    """How many modules wide the drawn code is."""
    width = re.search(r'width="(\d+)"', svg)
    assert width
    return int(width[1]) // placing.QR_SCALE - 2 * placing.QR_BORDER


def test_each_kind_names_the_form_and_the_placement(app: Flask, form: Form) -> None:
    form = db.session.merge(form, load=False)
    made = {kind: placing.markup(form, kind, "Shop window, Lyon") for kind in placing.KINDS}
    assert made["script"] == (
        f'<script async src="{HOST}/embed.js" data-form="{form.public_id}" data-src="shop-window-lyon"></script>'
    )
    assert 'integrity="sha384-' in made["pinned"]
    assert made["pinned"].endswith(f' data-form="{form.public_id}" data-src="shop-window-lyon"></script>')
    assert f'<div data-signup-form="{form.public_id}" data-src="shop-window-lyon"' in made["place"]
    assert made["wordpress"].startswith("<!-- wp:html -->\n<div")
    assert f'src="{HOST}/f/{form.public_id}?frame=1&amp;src=shop-window-lyon"' in made["iframe"]
    assert 'name="src" value="shop-window-lyon"' in made["html"]
    assert made["link"] == f"{HOST}/f/{form.public_id}?src=shop-window-lyon"
    assert f'href="{made["link"]}"' in made["signature"]
    assert f"script-src {HOST};" in made["csp"]


def test_a_language_is_asked_for_by_name_and_titles_are_text(app: Flask, form: Form) -> None:
    form = db.session.merge(form, load=False)
    assert placing.markup(form, "link", "", "fr").endswith("?lang=fr")
    assert 'data-lang="fr"' in placing.markup(form, "script", "", "fr")
    assert "&lt;La&gt; Lettre" in placing.markup(form, "signature", "", "fr")
    assert 'name="lang" value="fr"' in placing.markup(form, "html", "", "fr")


def test_the_qr_code_is_drawn_for_its_own_source(app: Flask, form: Form) -> None:
    vic = signed_in(app, VIC)
    page = vic.get(f"/admin/forms/{form.public_id}/snippet?place=Till 2").text
    url = f"{HOST}/f/{form.public_id}?src=qr:till-2"
    assert f'value="{url}"' in page
    shown = [page.index(part) for part in ('id="script"', 'id="wordpress"', "Other ways", 'id="iframe"', 'id="csp"')]
    assert shown == sorted(shown)
    image = vic.get(f"/admin/forms/{form.public_id}/qr.svg?place=Till 2")
    assert image.content_type == "image/svg+xml"
    assert modules_of(image.text) == segno.make_qr(url, error="m").symbol_size(border=0)[0]
    png = vic.get(f"/admin/forms/{form.public_id}/qr.png?place=Till 2&download=1")
    assert png.data.startswith(b"\x89PNG")
    assert png.headers["Content-Disposition"] == f'attachment; filename="{form.public_id}-till-2.png"'
    assert vic.get(f"/admin/forms/{form.public_id}/qr.gif").status_code == 404


def test_who_signs_up_by_the_code_counts_for_it(app: Flask, client: FlaskClient, form: Form) -> None:
    page = client.get(f"/f/{form.public_id}?src=qr:till-2").text
    given = dict(re.findall(r'name="(token|page|referrer|lang)" value="([^"]*)"', page))
    given["token"] = ""
    client.post(f"/f/{form.public_id}", data=given | {"email": ADA, "consent": "yes"}, headers={"Origin": HOST})
    labels = db.session.scalars(select(Tally.source).where(Tally.measure == "submitted")).all()
    assert labels == ["The Letter form · qr:till-2"]


@pytest.mark.parametrize(
    ("name", "source"),
    [("", ""), ("Été à Lyon!", "ete-a-lyon"), ("qr:Till", "qr:till"), ("<b>", "b"), ("x" * 80, "x" * 40), ("a:b", "b")],
)
def test_a_placements_name_is_plain_in_an_address(name: str, source: str) -> None:
    assert placing.source_of(name) == source


def test_the_console_prints_each_kind(app: Flask, form: Form) -> None:
    from click.testing import CliRunner  # noqa: PLC0415  # one test asks for it

    for kind in placing.KINDS:
        done = CliRunner().invoke(main, ["form", "snippet", form.public_id, "--kind", kind], obj=lambda: app)
        assert done.exit_code == 0, done.output
        assert done.output.strip()
    qr = CliRunner().invoke(main, ["form", "snippet", form.public_id, "--kind", "qr"], obj=lambda: app)
    assert qr.output.startswith("<svg")
