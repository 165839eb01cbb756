"""A form's mails: the operator's own words for confirmation and welcome mail, looked at and tried before they count."""

from http import HTTPStatus
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from jinja2 import TemplateError

from signup.access import audit
from signup.addresses.address import parse
from signup.admin.forms.form_publish import first_problem, problems_of, publish
from signup.admin.forms.form_texts import offered
from signup.admin.frame import door
from signup.admin.frame.preview_frame import framed, mail_framed
from signup.forms.form import Definition, Form, find_form
from signup.forms.form_draft import draft_of
from signup.forms.look_in_mail import look_in_mail
from signup.ground.broker import ring
from signup.ground.clock import uuid7
from signup.ground.db import db, transaction
from signup.ground.errors import NotFound
from signup.ground.i18n import speaking
from signup.ground.tokens import keys
from signup.mailer import compose, deliver, own_text
from signup.mailer.mail_template import OwnMail
from signup.mailer.message import Message
from signup.mailer.message_kind import MessageKind
from signup.mailer.own_text import MailText, OwnKind

KINDS: tuple[OwnKind, ...] = ("confirm", "welcome")
PARTS = ("subject", "body", "button")
LENGTHS = {"subject": 150, "body": 5000, "button": 80}


def form_mails(public_id: str, language: str = "") -> ResponseReturnValue:
    """GET: the mails in one language. POST: publish them, or send one as a test to the operator's own address."""
    form = find_form(public_id)
    definition = form.version.definition
    language = language or definition.language
    if language not in definition.languages:
        raise NotFound(f"language {language[:10]}")
    shipped = _shipped(definition, language)
    written, problems = _written(shipped, definition) if request.method == "POST" else (_present(form, language), {})
    problems |= _tried(form, language, written) if not problems else {}
    if request.method == "POST" and not problems:
        do, _colon, kind = request.form.get("do", "save").partition(":")
        if do == "test" and kind in KINDS:
            _send_test(form, kind, language, written[kind])
            flash(_("The test email is on its way to %(address)s.", address=door.operator().address))
        elif do == "save":
            problems = _publish(form, language, written)
            if not problems:
                here = url_for("admin.form_mails", public_id=public_id, language=language)
                return redirect(here, HTTPStatus.SEE_OTHER)
    page = render_template(
        "admin/forms/form_mails.html",
        form=form,
        draft=draft_of(form.id),
        definition=definition,
        language=language,
        shipped=shipped,
        problems=problems,
        texts=_typed() if request.method == "POST" else {kind: _whole(written[kind], shipped[kind]) for kind in KINDS},
        names=own_text.NAMES,
        **offered(form),
    )
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if problems else HTTPStatus.OK


def form_mail_preview(public_id: str, language: str, kind: str) -> ResponseReturnValue:
    """One mail as it is read: POST shows what is typed, GET what is published. `?as=text` for the plain part."""
    form = find_form(public_id)
    if kind not in KINDS or language not in form.version.definition.languages:
        raise NotFound("preview")
    shipped = _shipped(form.version.definition, language)
    own = _present(form, language)[kind]
    if request.method == "POST":
        written, problems = _written(shipped, form.version.definition)
        if found := {part: text for (of, part), text in problems.items() if of == kind}:
            return framed(render_template("admin/forms/preview_problem.html", errors=found))
        own = written[kind]
    try:
        sent = _as_sent(form, language, kind, own)
        mail = compose.preview(MessageKind(kind), language, form.list, _worn(form, sent), sample(form))
    except (TemplateError, ValueError) as error:
        return framed(render_template("admin/forms/preview_problem.html", errors={"body": _no_mail(error)}))
    if request.values.get("as") == "text":
        return framed(render_template("admin/forms/mail_text.html", mail=mail))
    return mail_framed(mail.html)


def sample(form: Form) -> dict[str, Any]:
    """Values as in a real mail of this form."""
    magnet = form.version.lead_magnet
    return (
        MessageKind.CONFIRM.rules.sample
        | MessageKind.WELCOME.rules.sample
        | {
            "reminders": form.version.definition.reminders,
            "download": "example" if magnet and magnet.has_link else None,
            "magnet": magnet.name if magnet else None,
            "discount": "EXAMPLE-CODE" if magnet and not magnet.has_link else None,
        }
    )


def _worn(form: Form, own: MailText) -> OwnMail:
    return OwnMail(own, look_in_mail(form.version.definition.appearance))


def _shipped(definition: Definition, language: str) -> dict[OwnKind, MailText]:
    with speaking(language):
        return {kind: own_text.starter(kind, definition.kind) for kind in KINDS}


def _present(form: Form, language: str) -> dict[OwnKind, MailText]:
    said = form.version.definition.said_in(language)
    return {kind: said.mail(kind) or MailText() for kind in KINDS}


def _as_sent(form: Form, language: str, kind: OwnKind, own: MailText) -> MailText:
    """The text with which a mail goes out, where its operator wrote this one."""
    said = form.version.definition.said_in(language)
    return said.model_copy(update={"mails": {language: {kind: own}}}).mail(kind) or MailText()


def _whole(own: MailText, shipped: MailText) -> dict[str, str]:
    """What stands in the inputs: the operator's own text, or the shipped one to start from."""
    return {part: getattr(own, part) or getattr(shipped, part) for part in PARTS}


def _typed() -> dict[OwnKind, dict[str, str]]:
    return {kind: {part: _clean(request.form.get(f"{kind}-{part}", "")) for part in PARTS} for kind in KINDS}


def _clean(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\0", "").strip()


def _written(
    shipped: dict[OwnKind, MailText], definition: Definition
) -> tuple[dict[OwnKind, MailText], dict[tuple[str, str], str]]:
    """The mails as typed – what equals the shipped text stays shipped –, and what is wrong, by kind and part."""
    texts: dict[OwnKind, MailText] = {}
    problems: dict[tuple[str, str], str] = {}
    for kind, typed in _typed().items():
        changed = {part: text for part, text in typed.items() if text != getattr(shipped[kind], part)}
        too_long = {part: limit for part, limit in LENGTHS.items() if len(changed.get(part, "")) > limit}
        problems |= {(kind, part): _("Use %(n)s characters or fewer.", n=limit) for part, limit in too_long.items()}
        if "button" in changed and "body" not in changed:  # the label is part of an own body
            changed["body"] = shipped[kind].body
        texts[kind] = MailText(**{part: text for part, text in changed.items() if part not in too_long})
        found = own_text.problems(kind, texts[kind], has_file=bool(definition.lead_magnet_id))
        problems |= {(kind, part): text for part, text in found.items()}
    return texts, problems


def _publish(form: Form, language: str, written: dict[OwnKind, MailText]) -> dict[tuple[str, str], str]:
    """Returns why it may not go out; empty when it has."""
    content = form.version.definition.model_dump(mode="json")
    own = {kind: text.model_dump() for kind, text in written.items() if text != MailText()}
    content["mails"] = {code: kept for code, kept in content["mails"].items() if code != language}
    if own:
        content["mails"][language] = own
    definition = Definition.model_validate(content)
    if found := problems_of(form, definition):
        return {("", ""): first_problem(found, form.list)}
    with transaction():
        publish(form, definition)
    return {}


def _tried(form: Form, language: str, written: dict[OwnKind, MailText]) -> dict[tuple[str, str], str]:
    """An error in a text shows here, to the one who wrote it: each mail is built with a file to give and without."""
    problems: dict[tuple[str, str], str] = {}
    for kind in KINDS:
        try:
            for download in ("example", None):
                values = sample(form) | {"download": download, "magnet": download}
                compose.preview(MessageKind(kind), language, form.list, _worn(form, written[kind]), values)
        except (TemplateError, ValueError) as error:
            problems[kind, "body"] = _no_mail(error)
    return problems


def _no_mail(error: Exception) -> str:
    return str(_("This text does not work as an email: %(error)s", error=str(error)[:200]))


def _send_test(form: Form, kind: OwnKind, language: str, own: MailText) -> None:
    """The mail as typed, by the usual way, to the operator; its links lead nowhere."""
    operator = door.operator()
    whole = _whole(own, _shipped(form.version.definition, language)[kind])
    marked = _as_sent(form, language, kind, own).model_copy(update={"subject": f"[Test] {whole['subject']}"})
    template = compose.template_for(MessageKind(kind), language, form.list, _worn(form, marked))
    with transaction():
        message = Message(
            kind=MessageKind.TEST,
            priority=MessageKind.TEST.rules.priority,
            recipient=operator.address,
            recipient_hash=keys().hash(parse(operator.address).key),
            template_hash=template,
            data=sample(form),
            dedupe_key=f"test:{uuid7().hex}",
            list_id=form.list_id,
        )
        db.session.add(message)
        db.session.flush()
        audit.note(operator, "test-mail-sent", form.public_id, kind=kind, language=language)
        number = message.id
    ring(deliver.ACTOR, number)
