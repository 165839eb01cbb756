"""Whoever ticks a form's box agrees to that form's list, by its controller, in words of one language."""

import io
import re
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from signup.consent.mailing_list import find_list
from signup.forms.form import Definition, Form
from signup.forms.preset import LABELS, PRESETS, WORDING, WORDING_BESIDE, definition_from
from signup.forms.preset_text import TextContext, adapt
from signup.forms.review import review
from signup.ground.db import db
from signup.ground.i18n import LANGUAGES, speaking
from tests.admin.cast import post, signed_in
from tests.admin.test_forms import QUESTION, typed
from tests.cast import FRENCH, PDF, make_form, make_list

pytestmark = pytest.mark.one_engine

VAUD = {"name": "Vaud Digital", "controller": "Vaud Digital SA", "language": "fr"}
LISTS: tuple[dict[str, str], ...] = (
    VAUD,
    {"name": "Angebote 50 %", "controller": "Müller & Söhne GmbH", "language": "de"},
    {"name": "L’Écho d’Été", "controller": "Écho SàRL", "language": "it"},
)


def two_lists(app: Flask) -> tuple[int, int]:
    """The Letter, and a newer one in French."""
    return make_list().id, make_list("vaud", **VAUD).id


def opened(client: FlaskClient, path: str) -> dict[str, Any]:
    """What the editor's inputs hold as a browser without script would send them."""
    page = client.get(path).text.partition('id="editor"')[2].partition("</form>")[0]
    found: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", page):
        name, value = re.search(r' name="([^"]+)"', tag), re.search(r' value="([^"]*)"', tag)
        is_box = 'type="checkbox"' in tag or 'type="radio"' in tag
        if name and 'type="file"' not in tag and (not is_box or " checked" in tag):
            found[name[1]] = value[1] if value else "y"
    found |= dict(re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>\r?\n?([^<]*)</textarea>', page))
    for name, options in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'<option selected value="([^"]*)"', options) or re.search(r'value="([^"]*)"', options)
        found[name] = chosen[1] if chosen else ""
    values = {name: unescape(value) for name, value in found.items() if not name.startswith("preview_")}
    return values | {"do": "publish"}


def published(app: Flask) -> Definition:
    return db.session.scalars(select(Form)).one().version.definition


def forms(app: Flask) -> int:
    return db.session.scalar(select(func.count(Form.id))) or 0


@pytest.mark.parametrize("audience", ["people", "companies"])
@pytest.mark.parametrize("name", PRESETS)
def test_a_presets_texts_follow_the_list_and_the_language_that_are_chosen_after_it(
    context: Flask, name: str, audience: Any
) -> None:
    letter, others = make_list(), [make_list(f"other-{n}", **values) for n, values in enumerate(LISTS)]
    first = definition_from(PRESETS[name], audience, letter)
    for mailing_list in (letter, *others):
        for language in LANGUAGES:
            wanted = definition_from(PRESETS[name], audience, mailing_list, language)
            voice = TextContext.of(mailing_list, language, first.kind)
            told = {slot: adapt(slot, getattr(first, slot), voice) for slot in ("title", "intro", "button", "wording")}
            assert told == {slot: getattr(wanted, slot) for slot in told}
            assert mailing_list.name in told["wording"]
            assert mailing_list.controller in told["wording"]
            assert {one.part for one in review(wanted, mailing_list)} <= {"lead_magnet_id"}
            first = wanted  # the next one is told from what this one became


@pytest.mark.parametrize("name", PRESETS)
def test_a_new_form_goes_out_for_the_list_and_language_chosen_in_the_editor(app: Flask, name: str) -> None:
    letter, vaud = two_lists(app)
    opal = signed_in(app)
    values = opened(opal, f"/admin/forms/new?preset={name}&list=the-letter")
    assert (int(values["mailing_list"]), values["language"]) == (letter, "en")
    file = {"incentive": (io.BytesIO(PDF), "white-paper.pdf")}
    assert post(opal, "/admin/forms/new", values | file | {"mailing_list": vaud, "language": "fr"}).status_code == 303
    made = published(app)
    assert "«\u00a0Vaud Digital\u00a0»" in made.wording
    assert "Vaud Digital SA" in made.wording
    said = made.model_dump_json()
    assert "The Letter" not in said
    assert "Example Press" not in said
    with speaking("fr"):
        assert [field.label for field in made.fields] == [str(LABELS[field.key]) for field in made.fields]
        assert made.button == str(PRESETS[name].button)


def test_texts_that_somebody_wrote_stay_and_their_neighbours_follow(app: Flask) -> None:
    _letter, vaud = two_lists(app)
    opal = signed_in(app)
    values = opened(opal, "/admin/forms/new?preset=newsletter&list=the-letter")
    values |= {"mailing_list": vaud, "language": "fr", "intro": "Une fois par mois.", "do": "settle"}
    page = post(opal, "/admin/forms/new", values)
    assert page.status_code == 200
    assert forms(app) == 0
    assert "Une fois par mois." in page.text
    assert "Vaud Digital SA" in page.text
    assert 'value="Prénom"' in page.text


def test_a_form_that_is_changed_to_a_message_asks_for_the_list_beside_it(context: Flask) -> None:
    voice = TextContext.of(make_list(), "en", "contact")
    names = {"list": "The Letter", "controller": "Example Press"}
    assert adapt("wording", str(WORDING) % names, voice) == str(WORDING_BESIDE) % names


@pytest.mark.parametrize(
    ("wording", "problem"),
    [
        ("I would like to receive “The Letter” by email from Example Press.", "This names “The Letter”"),
        ("Je souhaite recevoir les nouvelles d’Example Press par e-mail.", "This names “Example Press”"),
        ("Je souhaite recevoir Vaud Digital et The  Letter par e-mail.", "This names “The Letter”"),
        ("Je souhaite recevoir des nouvelles par e-mail.", "The consent wording names neither"),
        ("Yes, send me news. I can leave at any time.", "The consent wording names neither"),
    ],
)
def test_a_wording_for_somebody_else_or_for_nobody_is_refused(app: Flask, wording: str, problem: str) -> None:
    _letter, vaud = two_lists(app)
    opal = signed_in(app)
    answer = post(opal, "/admin/forms/new", typed(vaud, title="Recevez-la", language="fr", wording=wording, **QUESTION))
    assert answer.status_code == 422
    assert problem in answer.text
    assert forms(app) == 0


@pytest.mark.parametrize(
    "wording",
    [
        "Je souhaite recevoir «\u00a0vaud digital\u00a0» par e-mail.",
        "Oui, Vaud\u00a0Digital peut m’écrire.",
        "J’accepte les e-mails de VAUD DIGITAL SA.",
    ],
)
def test_a_wording_names_its_list_or_its_controller_as_people_write_them(app: Flask, wording: str) -> None:
    _letter, vaud = two_lists(app)
    values = typed(vaud, title="Recevez-la", language="fr", wording=wording)
    assert post(signed_in(app), "/admin/forms/new", values).status_code == 303


def test_a_title_for_another_list_is_refused(app: Flask) -> None:
    _letter, vaud = two_lists(app)
    fine = "Je souhaite recevoir Vaud Digital par e-mail."
    values = typed(vaud, title="Chaque mois, The Letter", language="fr", wording=fine)
    answer = post(signed_in(app), "/admin/forms/new", values)
    assert (answer.status_code, "This names “The Letter”" in answer.text) == (422, True)


def test_moving_a_form_to_another_list_shows_its_texts_before_they_go_out(app: Flask) -> None:
    letter, vaud = two_lists(app)
    opal = signed_in(app)
    values = opened(opal, "/admin/forms/new?preset=newsletter&list=the-letter")
    assert post(opal, "/admin/forms/new", values).status_code == 303
    path = f"/admin/forms/{db.session.scalars(select(Form)).one().public_id}"
    moved = opened(opal, path) | {"mailing_list": vaud}
    answer = post(opal, path, moved)
    assert answer.status_code == 422
    assert "The form is now for “Vaud Digital”" in answer.text
    assert "“Vaud Digital” by email from Vaud Digital SA" in answer.text
    assert db.session.scalars(select(Form)).one().list_id == letter
    assert post(opal, path, moved | {"read_for": vaud}).status_code == 303
    assert "“Vaud Digital” by email from Vaud Digital SA" in published(app).wording
    back = post(opal, f"{path}/versions/1/restore", follow_redirects=True)
    assert "Version 1 cannot be published again: This names “The Letter”" in back.text
    assert db.session.scalars(select(Form)).one().version.number == 2


def test_an_operators_own_wording_does_not_move_to_another_list(app: Flask) -> None:
    letter, vaud = two_lists(app)
    opal = signed_in(app)
    post(opal, "/admin/forms/new", typed(letter))
    path = f"/admin/forms/{db.session.scalars(select(Form)).one().public_id}"
    answer = post(opal, path, typed(vaud, read_for=vaud))
    assert (answer.status_code, "This names “The Letter”" in answer.text) == (422, True)


def test_a_translation_names_its_list_too(app: Flask) -> None:
    two_lists(app)
    own = {"title": "Get it", "wording": "I would like to get Vaud Digital by e-mail."}
    form = make_form(find_list("vaud"), magnet=False, **own)
    path = f"/admin/forms/{form.public_id}/texts/fr"
    opal = signed_in(app)
    french = {
        "title": "La Lettre",
        "label:first_name": "Prénom",
        "label:interests": "Intérêts",
        "option:interests:design": "Formes",
        "option:interests:privacy": "Vie privée",
        "do": "save",
    }
    wrong = post(opal, path, french | {"wording": "Je souhaite recevoir The Letter par e-mail."})
    assert (wrong.status_code, "This names “The Letter”" in wrong.text) == (422, True)
    assert post(opal, path, french | {"wording": "Je souhaite recevoir Vaud Digital."}).status_code == 303


def test_a_presets_translation_is_there_before_anybody_writes_it(app: Flask) -> None:
    letter, _vaud = two_lists(app)
    opal = signed_in(app)
    values = opened(opal, "/admin/forms/new?preset=loyalty&list=the-letter")
    assert post(opal, "/admin/forms/new", values | {"mailing_list": letter}).status_code == 303
    path = f"/admin/forms/{db.session.scalars(select(Form)).one().public_id}"
    page = opal.get(f"{path}/texts/de").text
    assert "Ich möchte „The Letter“ von Example Press per E\u2011Mail erhalten." in page
    assert 'value="Vorname"' in page


def test_a_new_question_of_a_bilingual_form_is_asked_for_in_the_other_language_at_once(app: Flask) -> None:
    form = make_form(magnet=False, translations={"fr": FRENCH})
    path = f"/admin/forms/{form.public_id}"
    opal = signed_in(app)
    values = opened(opal, path)
    rows = {"questions-2-label": "Shoe size", "questions-2-type": "number", "questions-2-key": "shoe"}
    rows |= {"questions-3-label": "Phone", "questions-3-type": "text", "questions-3-key": "phone"}
    asked = post(opal, path, values | rows)
    assert asked.status_code == 422
    assert 'name="said:fr:label:shoe"' in asked.text
    assert 'name="said:fr:label:phone"' not in asked.text, "a preset's word is known in every language"
    too_long = post(opal, path, values | rows | {"said:fr:label:shoe": "P" * 201})
    assert too_long.status_code == 422
    assert post(opal, path, values | rows | {"said:fr:label:shoe": "Pointure"}).status_code == 303
    french = published(app).said_in("fr")
    assert [field.label for field in french.fields] == ["Prénom", "Intérêts", "Pointure", "Téléphone"]
