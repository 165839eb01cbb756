"""The form as plain HTML, to paste into a page of any website: works without script, sends no cookie, loads nothing."""

from flask import render_template

from signup.forms.form import Form
from signup.forms.stamp import render_stamp
from signup.i18n import speaking
from signup.urls import public_url


def html_snippet(form: Form) -> str:
    """The markup. Its stamp has no end; the form's allowed origins must name the website."""
    definition = form.version.definition
    with speaking(definition.language):
        return render_template(
            "forms/snippet.html",
            definition=definition,
            controller=form.list.controller,
            privacy_url=form.list.privacy_url,
            action=public_url("forms.submit", public_id=form.public_id),
            stamp=render_stamp(form.public_id),
            given={},
            problems={},
        ).strip()


def hosted_url(form: Form) -> str:
    """Where the form's own page is."""
    return public_url("forms.show", public_id=form.public_id)
