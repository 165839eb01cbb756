"""What keeps a form back: half a language, a partner's box for somebody else, a promise that nothing keeps."""

import io

import pytest
from flask import Flask
from sqlalchemy import select

from signup.consent.mailing_list import MailingList
from signup.consent.partner import Partner
from signup.demo import seed
from signup.forms.review import review
from signup.forms.texts import FieldTexts, FormTexts
from signup.ground.db import db, transaction
from signup.incentives.incentive import Incentive
from tests.admin.cast import post, signed_in
from tests.admin.test_form_consent import VAUD, forms, opened, published, two_lists
from tests.admin.test_forms import WORDING, typed
from tests.cast import PDF, definition, make_form, make_list

pytestmark = pytest.mark.one_engine


def test_a_form_half_in_another_language_is_told_part_by_part(context: Flask) -> None:
    letter = make_list()
    half = definition(
        button="Join",
        thanks_text="Check your inbox.",
        translations={"fr": FormTexts(title="La Lettre", fields={"first_name": FieldTexts(label="Prénom")})},
    )
    assert {one.part for one in review(half, letter)} == {
        "button",
        "wording",
        "thanks_text",
        "label:interests",
        "option:interests:design",
        "option:interests:privacy",
    }


def test_a_partners_box_that_names_another_controller_keeps_the_form_back(context: Flask) -> None:
    letter = make_list()
    make_list("vaud", **VAUD)
    with transaction():
        tea = Partner(slug="tea")
        tea.publish("Tea House", "https://tea.example.org", {"en": "Tea House may write, as does Vaud Digital SA."})
    found = review(definition(partner_ids=(tea.id,)), letter)
    assert [(one.part, one.name) for one in found] == [("partners", "Vaud Digital SA")]
    alone = review(definition(wording="I would like The Letter, and mail from Tea House."), letter)
    assert [one.part for one in alone] == ["wording"], "a partner has a box of its own"


def test_a_form_that_promises_something_needs_it(app: Flask) -> None:
    two_lists(app)
    opal = signed_in(app)
    values = opened(opal, "/admin/forms/new?preset=white-paper&list=the-letter")
    refused = post(opal, "/admin/forms/new", values)
    assert refused.status_code == 422
    assert "This form promises an incentive" in refused.text
    assert forms(app) == 0
    file = {"incentive": (io.BytesIO(PDF), "seven_questions-2026.pdf")}
    assert post(opal, "/admin/forms/new", values | file).status_code == 303
    magnet = db.session.scalars(select(Incentive)).one()
    assert (magnet.name, magnet.path.read_bytes()) == ("Seven questions 2026", PDF)
    assert published(app).lead_magnet_id == magnet.id


def test_a_file_that_came_with_a_form_that_is_refused_need_not_be_chosen_again(app: Flask) -> None:
    letter, _vaud = two_lists(app)
    opal = signed_in(app)
    values = typed(letter, kind="incentive", wording="Yes, write to me at any time.")
    refused = post(opal, "/admin/forms/new", values | {"incentive": (io.BytesIO(PDF), "paper.pdf")})
    magnet = db.session.scalars(select(Incentive)).one()
    assert (refused.status_code, forms(app)) == (422, 0)
    assert f'<option selected value="{magnet.id}">Paper (paper.pdf)' in refused.text
    mended = values | {"wording": WORDING, "lead_magnet_id": magnet.id}
    assert post(opal, "/admin/forms/new", mended).status_code == 303
    assert published(app).lead_magnet_id == magnet.id


def test_a_new_form_starts_on_the_newest_list_and_a_list_leads_to_its_new_form(app: Flask) -> None:
    two_lists(app)
    opal = signed_in(app)
    assert "list=vaud" in opal.get("/admin/forms/new").text
    assert "Vaud Digital SA" in opal.get("/admin/forms/new?preset=newsletter").text
    page = opal.get("/admin/lists").text
    for slug in ("the-letter", "vaud"):
        assert f'href="/admin/forms/new?list={slug}"' in page


def test_the_demonstrations_form_is_fit_to_go_out(context: Flask) -> None:
    mailing_list, form = seed.settle(())
    assert review(form.version.definition, mailing_list) == []


def test_a_partners_new_words_are_held_against_the_forms_that_show_them(app: Flask) -> None:
    letter, _vaud = two_lists(app)
    form_id = make_form(db.session.get_one(MailingList, letter), magnet=False).public_id
    opal = signed_in(app)
    values = {"name": "Tea House", "slug": "tea", "privacy_url": "https://tea.example.org", "forms": form_id}
    wrong = post(
        opal, "/admin/forms/partners/new", values | {"wording_en": "Vaud Digital SA may write to me about tea."}
    )
    assert (wrong.status_code, "A partner’s box names “Vaud Digital SA”" in wrong.text) == (422, True)
    assert db.session.scalars(select(Partner)).all() == []
    fine = post(opal, "/admin/forms/partners/new", values | {"wording_en": "Tea House may write to me about tea."})
    assert fine.status_code == 303
