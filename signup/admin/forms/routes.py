"""Forms, from the editor to the funnel: every address, its lock, what it is about and its help."""

from signup.access.operator import Permission
from signup.admin.forms import (
    form_edit,
    form_funnel,
    form_mails,
    form_placing,
    form_preview,
    form_texts,
    form_versions,
    forms,
)
from signup.admin.frame.door import Lock
from signup.admin.frame.route_subject import FORM, ROWS
from signup.admin.frame.section import MenuEntry, Section
from signup.admin.incentives.incentive_upload import MAX_BODY
from signup.ground.i18n import _

UPLOAD = Lock(Permission.FORMS_EDIT, max_body=MAX_BODY)
PREVIEW = Lock(Permission.FORMS_SEE, max_body=MAX_BODY)
"""The editor's preview sends the whole editor, a chosen file too."""

section = Section(
    menu=MenuEntry("forms", _("Forms"), "form", Permission.FORMS_SEE, order=5, count=forms.count_forms),
    topic="forms#edit",
    topics={
        form_funnel: "funnel#the-funnel",
        form_mails: "forms#emails",
        form_placing: "forms#where-to-use-it",
        form_texts: "forms#languages",
        form_versions: "forms#versions",
    },
)
route = section.route

route("/forms", forms.forms, Permission.FORMS_SEE, about=ROWS)
route("/forms/new", form_edit.form_new, UPLOAD, "GET POST", about=ROWS, name=_("New form"))
route("/forms/preview", form_preview.form_preview, PREVIEW, "POST", about=FORM)
route("/forms/<public_id>", form_edit.form_edit, UPLOAD, "GET POST", about=FORM)
route("/forms/<public_id>/discard", form_edit.form_discard, Permission.FORMS_EDIT, "POST", about=FORM)
route("/forms/<public_id>/preview", form_preview.form_preview, PREVIEW, "GET POST", about=FORM)
route("/forms/<public_id>/try", form_preview.form_try, Permission.FORMS_SEE, about=FORM, topic="embedding#manners")
route("/forms/<public_id>/test", form_preview.form_test, Permission.FORMS_SEE, about=FORM, topic="testing#try-a-form")
route("/forms/<public_id>/texts", form_texts.form_texts, Permission.FORMS_EDIT, "GET POST", about=FORM)
route("/forms/<public_id>/texts/<language>", form_texts.form_texts, Permission.FORMS_EDIT, "GET POST", about=FORM)
route("/forms/<public_id>/mails", form_mails.form_mails, Permission.FORMS_EDIT, "GET POST", about=FORM)
route("/forms/<public_id>/mails/<language>", form_mails.form_mails, Permission.FORMS_EDIT, "GET POST", about=FORM)
route(
    "/forms/<public_id>/mails/<language>/<kind>/preview",
    form_mails.form_mail_preview,
    Permission.FORMS_EDIT,
    "GET POST",
    about=FORM,
)
route("/forms/<public_id>/snippet", form_placing.form_snippet, Permission.FORMS_SEE, about=FORM)
route("/forms/<public_id>/qr.<kind>", form_placing.form_qr, Permission.FORMS_SEE, about=FORM)
route("/forms/<public_id>/versions", form_versions.form_versions, Permission.FORMS_SEE, about=FORM)
route(
    "/forms/<public_id>/versions/<int:number>/restore",
    form_versions.form_restore,
    Permission.FORMS_EDIT,
    "POST",
    about=FORM,
)
route("/forms/<public_id>/funnel", form_funnel.form_funnel, Permission.STATISTICS, about=FORM)
route("/forms/<public_id>/funnel.csv", form_funnel.form_funnel_csv, Permission.STATISTICS, about=FORM)
route("/forms/<public_id>/archive", forms.form_archive, Permission.FORMS_EDIT, "POST", about=FORM)
