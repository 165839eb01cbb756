"""Where to use a form: what to paste into a website, links and QR codes, each placement a source of its own."""

from flask import Response, make_response, render_template, request
from flask.typing import ResponseReturnValue

from signup.forms import placing
from signup.forms.form import Form, find_form
from signup.ground.errors import NotFound
from signup.ground.i18n import LANGUAGES

MAX_NAME = 60


def form_snippet(public_id: str) -> ResponseReturnValue:
    """Every way to use the form, for the placement and language that the query names."""
    form = find_form(public_id)
    place, language = _wish(form)
    kinds = [kind for kind in placing.KINDS if kind != "qr"]
    return render_template(
        "admin/forms/form_snippet.html",
        form=form,
        place=place,
        language=language,
        source=placing.source_of(place),
        markup={kind: placing.markup(form, kind, place, language) for kind in kinds},
        qr_link=placing.qr_link(form, place, language),
        offered={code: LANGUAGES[code] for code in form.version.definition.languages},
    )


def form_qr(public_id: str, kind: str) -> ResponseReturnValue:
    """The QR code as a file, `svg` or `png`; `?download=1` to keep it."""
    form = find_form(public_id)
    place, language = _wish(form)
    if kind == "svg":
        answer = Response(placing.qr_svg(form, place, language), content_type="image/svg+xml")
    elif kind == "png":
        answer = Response(placing.qr_png(form, place, language), content_type="image/png")
    else:
        raise NotFound(f"qr.{kind[:8]}")
    if request.args.get("download"):
        name = f"{form.public_id}-{placing.source_of(place) or 'qr'}.{kind}"
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return make_response(answer)


def _wish(form: Form) -> tuple[str, str]:
    language = request.args.get("lang", "")
    known = language if language in form.version.definition.languages else ""
    return request.args.get("place", "").strip()[:MAX_NAME], known
