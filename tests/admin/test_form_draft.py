"""A form's draft beside its live version: keeping it, publishing it, discarding it, and two operators at it."""

import io
import re
from functools import partial
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, func, select
from werkzeug.test import TestResponse

from signup.access.audit import AuditEntry
from signup.admin.forms.form_drafts import form_input
from signup.admin.forms.form_steps import STEP_OF, STEPS
from signup.forms.form import Definition, Form
from signup.forms.form_draft import MAX_DRAFT, FormDraft
from signup.forms.texts import FormTexts
from signup.ground.clock import utcnow
from signup.ground.db import db, transaction
from signup.incentives.incentive import Incentive
from tests.admin.cast import EDITH, OPAL, VIC, actions, console, hire, post, sign_in, signed_in
from tests.admin.test_form_consent import opened
from tests.admin.test_forms import QUESTION, saved, typed, versions
from tests.admin.test_once_only import together
from tests.cast import FRENCH, PDF, make_form, make_list

TITLE = "Kept for later"


def draft(app: Flask) -> FormDraft | None:
    db.session.expire_all()
    return db.session.scalar(select(FormDraft))


def forms(app: Flask) -> int:
    return db.session.scalar(select(func.count(Form.id))) or 0


def a_form(app: Flask, **more: Any) -> tuple[Form, str]:
    form = make_form(magnet=False, **more)
    return form, f"/admin/forms/{form.public_id}"


def two_editors(app: Flask) -> tuple[FlaskClient, FlaskClient]:
    hire(app, OPAL, EDITH)
    opal, edith = app.test_client(), app.test_client()
    sign_in(opal, OPAL)
    sign_in(edith, EDITH)
    return opal, edith


def keep(client: FlaskClient, path: str, **changes: Any) -> None:
    """Open the page, change something, save the draft."""
    assert post(client, path, opened(client, path) | changes | {"do": "save"}).status_code == 303


def test_a_saved_draft_is_shown_to_operators_and_never_to_visitors(app: Flask) -> None:
    form, path = a_form(app, title="Live title")
    opal = signed_in(app)
    keep(opal, path, title=TITLE, step="consent")
    assert (versions(app), saved(app).version.definition.title) == (1, "Live title")
    page = opal.get(path).text
    assert "Draft – visitors still see version 1" in page
    assert f'value="{TITLE}"' in page
    assert "<ins>Kept for later</ins>" in page
    assert TITLE in opal.get(f"{path}/preview").text
    assert "Live title" in app.test_client().get(f"/f/{form.public_id}").text
    assert re.search(r'<span class="pill[^"]*">Draft</span>', opal.get("/admin/forms").text)


def test_a_draft_need_not_be_complete_and_says_which_steps_are_missing(app: Flask) -> None:
    _form, path = a_form(app)
    opal = signed_in(app)
    keep(opal, path, title="", wording="Yes", allowed_origins="nonsense", **{"appearance-pause_days": "many"})
    page = opal.get(path).text
    assert "complete: Texts, Consent, Website" in re.sub(r"\s+", " ", page)
    assert re.search(r">\s*nonsense</textarea>", page)
    assert 'value="many"' in page
    assert "No preview yet" in opal.get(f"{path}/preview").text
    refused = post(opal, path, opened(opal, path))
    assert (refused.status_code, versions(app)) == (422, 1)
    assert draft(app) is not None


def test_publishing_ends_the_draft_and_both_are_noted(app: Flask) -> None:
    _form, path = a_form(app)
    opal = signed_in(app)
    keep(opal, path, title=TITLE, **QUESTION)
    assert post(opal, path, opened(opal, path)).status_code == 303
    assert (versions(app), saved(app).version.definition.title, draft(app)) == (2, TITLE, None)
    assert actions(app)[-1] == "form-published"
    assert "Draft –" not in opal.get(path).text


def test_a_discarded_draft_leaves_the_version_as_it_is(app: Flask) -> None:
    _form, path = a_form(app, title="Live title")
    opal = signed_in(app)
    keep(opal, path, title=TITLE)
    seen = re.search(r'name="seen_draft" value="([0-9a-f]{32})"', opal.get(path).text)
    assert seen
    keep(opal, path, title="Changed since")
    assert "has changed" in post(opal, f"{path}/discard", {"seen_draft": seen[1]}, follow_redirects=True).text
    kept = draft(app)
    assert kept is not None
    assert post(opal, f"{path}/discard", {"seen_draft": kept.uid.hex}).location == path
    assert (draft(app), versions(app)) == (None, 1)
    assert actions(app)[-1] == "form-draft-discarded"
    assert 'value="Live title"' in opal.get(path).text
    assert post(opal, f"{path}/discard", {"seen_draft": kept.uid.hex}).status_code == 303, "twice does no harm"
    assert post(opal, f"{path}/discard", {"seen_draft": "x"}).status_code == 303
    assert actions(app).count("form-draft-discarded") == 1


def test_a_new_form_can_wait_as_a_draft_that_no_other_page_stumbles_over(app: Flask) -> None:
    make_form(magnet=False)
    opal = signed_in(app)
    values = opened(opal, "/admin/forms/new?preset=newsletter") | {"name": "Fair", "do": "save"}
    path = post(opal, "/admin/forms/new", values).location
    public_id = path.rpartition("/")[2]
    assert "visitors don’t see this form yet" in opal.get(path).text
    assert app.test_client().get(f"/f/{public_id}").status_code == 404
    assert opal.get(f"{path}/snippet").status_code == 404
    for page in (
        "/admin/",
        "/admin/forms",
        "/admin/forms/partners",
        "/admin/forms/incentives",
        "/admin/segments/new",
        "/admin/contacts/fields",
    ):
        assert opal.get(page).status_code == 200, page
    assert "Fair" in opal.get("/admin/forms").text
    assert public_id in console(app, "form", "list")
    assert signed_in_viewer(app).get("/admin/forms").status_code == 200
    assert post(opal, path, opened(opal, path)).status_code == 303
    assert actions(app)[-1] == "form-added"
    assert app.test_client().get(f"/f/{public_id}").status_code == 200


def signed_in_viewer(app: Flask) -> FlaskClient:
    hire(app, VIC)
    client = app.test_client()
    sign_in(client, VIC)
    return client


def test_a_form_that_was_never_published_goes_with_its_draft(app: Flask) -> None:
    list_id = make_list().id
    opal = signed_in(app)
    path = post(opal, "/admin/forms/new", typed(list_id, do="save")).location
    kept = draft(app)
    assert kept is not None
    assert post(opal, f"{path}/discard", {"seen_draft": kept.uid.hex}).location == "/admin/forms"
    assert (forms(app), draft(app)) == (0, None)
    assert opal.get(path).status_code == 404


def test_the_later_save_says_who_was_first_and_what_they_changed(app: Flask) -> None:
    _form, path = a_form(app, title="Live title")
    opal, edith = two_editors(app)
    mine = opened(opal, path) | {"intro": "From Opal", "do": "save"}
    keep(edith, path, title="From Edith")
    late = post(opal, path, mine)
    assert late.status_code == 422
    assert "Edith saved this draft while you were editing" in late.text
    told = late.text.partition('role="alert"')[2].partition("</dl>")[0]
    assert "<del>Live title</del>" in told
    assert "<ins>From Edith</ins>" in told
    assert "From Opal" not in told
    assert ">From Opal</textarea>" in late.text.replace("\r\n", ""), "nothing that was typed is lost"
    kept = draft(app)
    assert kept is not None
    assert kept.content["title"] == "From Edith"
    again = mine | {"seen_draft": kept.uid.hex}
    assert post(opal, path, again).status_code == 303
    kept = draft(app)
    assert kept is not None
    assert kept.content["intro"] == "From Opal"


@pytest.mark.one_engine
def test_of_two_windows_of_one_operator_the_later_is_told_so(app: Flask) -> None:
    _form, path = a_form(app)
    opal = signed_in(app)
    other = opened(opal, path) | {"do": "save", "intro": "From the other window"}
    keep(opal, path, title=TITLE)
    late = post(opal, path, other)
    assert late.status_code == 422
    assert "You saved this draft in another window" in late.text


def test_nobody_publishes_over_a_draft_that_they_have_not_seen(app: Flask) -> None:
    _form, path = a_form(app)
    opal, edith = two_editors(app)
    mine = opened(opal, path) | {"title": "From Opal"}
    keep(edith, path, title="From Edith")
    late = post(opal, path, mine)
    assert (late.status_code, versions(app)) == (422, 1)
    assert "Edith saved this draft" in late.text


def test_a_draft_that_began_from_an_older_version_is_published_only_once_that_was_told(app: Flask) -> None:
    _form, path = a_form(app, title="Live title")
    opal, edith = two_editors(app)
    keep(opal, path, intro="From Opal")
    mails = opened_mails(edith, f"{path}/mails")
    assert post(edith, f"{path}/mails", mails | {"confirm-subject": "Please confirm it"}).status_code == 303
    assert "Version 2 was published after this draft was begun from version 1" in opal.get(path).text
    late = post(opal, path, opened(opal, path))
    assert (late.status_code, versions(app)) == (422, 2)
    assert "Edith published version 2" in late.text
    assert "Please confirm it" in late.text
    sent = opened(opal, path) | {"seen_version": 2}
    assert post(opal, path, sent).status_code == 303
    made = saved(app).version.definition
    assert (made.intro, made.mails["en"]["confirm"].subject) == ("From Opal", "Please confirm it")


def opened_mails(client: FlaskClient, path: str) -> dict[str, Any]:
    page = client.get(path).text
    values: dict[str, Any] = {"do": "save"}
    for kind in ("confirm", "welcome"):
        values[f"{kind}-subject"] = (re.search(rf'name="{kind}-subject"[^>]*value="([^"]*)"', page) or ["", ""])[1]
        body = re.search(rf'<textarea[^>]*name="{kind}-body"[^>]*>\r?\n?([^<]*)</textarea>', page)
        values[f"{kind}-body"] = body[1].replace("&#39;", "'").replace("&#34;", '"') if body else ""
        values[f"{kind}-button"] = (re.search(rf'name="{kind}-button"[^>]*value="([^"]*)"', page) or ["", ""])[1]
    return values


def test_what_was_published_or_discarded_meanwhile_is_told_to_who_saves_its_draft(app: Flask) -> None:
    _form, path = a_form(app)
    opal, edith = two_editors(app)
    keep(opal, path, title=TITLE)
    mine = opened(opal, path) | {"do": "save", "intro": "From Opal"}
    assert post(edith, path, opened(edith, path)).status_code == 303
    late = post(opal, path, mine)
    assert late.status_code == 422
    assert "Edith published version 2" in late.text
    keep(opal, path, title="Another")
    mine = opened(opal, path) | {"do": "save", "intro": "From Opal"}
    kept = draft(app)
    assert kept is not None
    post(edith, f"{path}/discard", {"seen_draft": kept.uid.hex})
    late = post(opal, path, mine)
    assert "discarded or published this draft" in late.text
    assert post(opal, path, mine | {"seen_draft": ""}).status_code == 303


def test_of_two_who_press_at_once_one_wins_and_the_other_is_told(app: Flask) -> None:
    _form, path = a_form(app)
    opal, edith = two_editors(app)
    people = ((opal, "A"), (edith, "B"))
    for do in ("save", "publish"):
        pages = [(client, opened(client, path) | {"title": title, "do": do}) for client, title in people]
        calls = [partial(post, client, path, values) for client, values in pages]
        answers = [answer.status_code for answer in together(calls) if isinstance(answer, TestResponse)]
        assert sorted(answers) == [303, 422], do
    assert versions(app) == 2


@pytest.mark.one_engine
def test_a_promise_without_an_incentive_is_asked_about_first(app: Flask) -> None:
    make_list()
    opal = signed_in(app)
    values = opened(opal, "/admin/forms/new?preset=white-paper")
    asked = post(opal, "/admin/forms/new", values)
    assert (asked.status_code, forms(app)) == (422, 0)
    assert "This form promises an incentive, but gives none" in asked.text
    assert re.search(r'<section class="step" id="incentive" [^>]*>', asked.text)
    assert not re.search(r'<section class="step" id="incentive" [^>]* hidden', asked.text)
    path = post(opal, "/admin/forms/new", values | {"do": "publish:without"}).location
    assert versions(app) == 1
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "form-added")).one()
    assert entry.detail["without_incentive"] is True
    texts = post(opal, f"{path}/texts", {"word:email": "Your address", "do": "save"})
    assert texts.status_code == 303, "who accepted it once is not stopped by the other pages"
    assert post(opal, path, opened(opal, path) | {"title": "Another"}).status_code == 303


@pytest.mark.one_engine
def test_without_an_incentive_the_other_checks_still_count(app: Flask) -> None:
    list_id = make_list().id
    opal = signed_in(app)
    values = typed(
        list_id, kind="incentive", wording="Yes, send me news. I can leave at any time.", do="publish:without"
    )
    assert "The consent wording names neither" in post(opal, "/admin/forms/new", values).text
    assert forms(app) == 0


@pytest.mark.one_engine
def test_an_incentive_is_uploaded_in_its_step_and_chosen(app: Flask) -> None:
    _form, path = a_form(app)
    opal = signed_in(app)
    file = {"incentive": (io.BytesIO(PDF), "guide.pdf"), "do": "incentive", "step": "incentive"}
    page = post(opal, path, opened(opal, path) | file)
    magnet = db.session.scalars(select(Incentive)).one()
    assert (page.status_code, f'<option selected value="{magnet.id}">Guide' in page.text) == (200, True)
    keep(opal, path, lead_magnet_id=magnet.id)
    assert f'<option selected value="{magnet.id}">Guide' in opal.get(path).text


@pytest.mark.one_engine
def test_an_incentive_that_was_retired_since_is_not_published(app: Flask) -> None:
    _form, path = a_form(app)
    opal = signed_in(app)
    file = {"incentive": (io.BytesIO(PDF), "guide.pdf"), "do": "save"}
    assert post(opal, path, opened(opal, path) | file).status_code == 303
    with transaction():
        magnet = db.session.scalars(select(Incentive)).one()
        magnet.retired_at = utcnow()
    assert f'<option selected value="{magnet.id}">Guide' in opal.get(path).text
    refused = post(opal, path, opened(opal, path))
    assert (refused.status_code, versions(app)) == (422, 1)
    assert 'aria-current="step" class="wrong">Incentive' in refused.text


@pytest.mark.one_engine
def test_steps_change_without_script_and_nothing_typed_is_lost(app: Flask) -> None:
    list_id = make_list().id
    opal = signed_in(app)
    page = post(opal, "/admin/forms/new", typed(list_id, title="Half typed", wording="Yes", do="step:look"))
    assert page.status_code == 200
    assert 'aria-current="step">Look' in page.text
    assert 'value="Half typed"' in page.text
    assert [bool(re.search(rf'id="{name}" [^>]*hidden>', page.text)) for name in ("texts", "look")] == [True, False]
    assert 'tabindex="-1" autofocus>Look' in page.text
    assert (forms(app), versions(app)) == (0, 0)
    assert 'aria-current="step">Texts' in post(opal, "/admin/forms/new", typed(list_id, do="step:nonsense")).text


@pytest.mark.one_engine
def test_a_mistake_opens_its_step_and_marks_it(app: Flask) -> None:
    list_id = make_list().id
    opal = signed_in(app)
    wrong = {"wording": "Yes", "appearance-pause_days": "400", "step": "texts"}
    page = post(opal, "/admin/forms/new", typed(list_id, **wrong)).text
    assert 'aria-current="step" class="wrong">Consent' in page
    assert 'class="wrong">Website<span class="hidden"> (has a mistake)' in page
    page = post(opal, "/admin/forms/new", typed(list_id, **wrong | {"step": "website"})).text
    assert 'aria-current="step" class="wrong">Website' in page, "who is at a mistake stays there"


@pytest.mark.one_engine
def test_translations_typed_into_a_draft_stay_in_it(app: Flask) -> None:
    form = make_form(magnet=False, fields=(), translations={"fr": FormTexts(**FRENCH.model_dump() | {"fields": {}})})
    path = f"/admin/forms/{form.public_id}"
    opal = signed_in(app)
    question = {"questions-0-label": "Shoe size", "questions-0-type": "text", "said:fr:label:shoe_size": "Pointure"}
    keep(opal, path, **question)
    assert 'name="said:fr:label:shoe_size"' in opal.get(path).text
    assert post(opal, path, opened(opal, path)).status_code == 303
    assert saved(app).version.definition.said_in("fr").fields[0].label == "Pointure"


@pytest.mark.one_engine
def test_what_is_no_draft_is_refused(app: Flask) -> None:
    list_id = make_list().id
    opal = signed_in(app)
    huge = {f"questions-{n}-options": "x" * (MAX_DRAFT // 3) for n in range(4)}
    assert "too long" in post(opal, "/admin/forms/new", typed(list_id, do="save", **huge)).text
    assert "Choose a list" in post(opal, "/admin/forms/new", typed(0, do="save")).text
    strange = {"seen_draft": "nonsense", "began": "[" * 5000, "seen_version": "many", "step": "<b>"}
    answer = post(opal, "/admin/forms/new", typed(list_id, do="save", title="\U0001f389 Été", **strange))
    assert answer.status_code == 303
    assert "\U0001f389 Été" in opal.get(answer.location).text
    assert forms(app) == 1


@pytest.mark.one_engine
def test_an_editor_may_draft_single_opt_in_and_not_publish_it(app: Flask) -> None:
    _form, path = a_form(app)
    edith = signed_in(app, EDITH)
    keep(edith, path, opt_in="single", single_reason="Staff")
    assert "Only an administrator" in post(edith, path, opened(edith, path)).text
    assert current(app).opt_in == "double"


def current(app: Flask) -> Definition:
    return saved(app).version.definition


@pytest.mark.one_engine
def test_the_draft_of_another_list_is_nobodys_to_see_or_discard(app: Flask) -> None:
    _form, path = a_form(app)
    opal = signed_in(app)
    keep(opal, path, title=TITLE)
    other = make_list("other", name="Other")
    hire(app, EDITH, lists=[other.id])
    edith = app.test_client()
    sign_in(edith, EDITH)
    assert edith.get(path).status_code == 404
    assert edith.get(f"{path}/preview").status_code == 404
    kept = draft(app)
    assert kept is not None
    assert post(edith, f"{path}/discard", {"seen_draft": kept.uid.hex}).status_code == 404
    assert draft(app) is not None


def test_a_form_that_is_deleted_takes_its_draft_along(app: Flask) -> None:
    list_id = make_list().id
    post(signed_in(app), "/admin/forms/new", typed(list_id, do="save"))
    assert draft(app) is not None
    with transaction():
        db.session.execute(delete(Form))
    assert draft(app) is None


@pytest.mark.one_engine
def test_the_pages_that_publish_at_once_say_so_beside_a_draft(app: Flask) -> None:
    _form, path = a_form(app)
    opal = signed_in(app)
    for page in ("texts", "mails", "versions"):
        assert "This form has a draft" not in opal.get(f"{path}/{page}").text
    keep(opal, path, title=TITLE)
    for page in ("texts", "mails", "versions"):
        assert "This form has a draft" in opal.get(f"{path}/{page}").text
    assert post(opal, f"{path}/versions/1/restore").status_code == 303
    assert draft(app) is not None


@pytest.mark.one_engine
def test_every_input_has_its_step(app: Flask, context: Flask) -> None:
    unseen = {"seen_version", "seen_draft", "began", "step", "read_for", "appearance"}
    assert set(form_input({"language": "en"})._fields) - unseen == set(STEP_OF)
    assert set(STEP_OF.values()) | {"look"} == set(STEPS)


@pytest.mark.one_engine
def test_saving_what_visitors_see_already_makes_no_draft(app: Flask) -> None:
    _form, path = a_form(app)
    opal = signed_in(app)
    page = post(opal, path, opened(opal, path) | {"do": "save"}, follow_redirects=True).text
    assert "Nothing has changed." in page
    assert draft(app) is None
