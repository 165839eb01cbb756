"""The proof of one person's consent: a page to print, the same as data, and both with all texts in a ZIP."""

import io
from uuid import UUID

from flask import Response, jsonify, make_response, render_template, send_file, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from signup.access import audit
from signup.access.seen_contact import Seen, find_contact, seen_one
from signup.admin.frame import door
from signup.evidence import bundle, inert_page, proof_page
from signup.evidence.proof import Proof
from signup.evidence.proof_for_reader import proof_for_reader
from signup.evidence.proof_json import as_json
from signup.evidence.proven_event import ProvenEvent
from signup.ground.db import transaction
from signup.ground.errors import NotFound


class _Served:
    """Frames that a page of the admin fills from addresses of their own."""

    def __init__(self, uid: UUID) -> None:
        self._uid = uid

    def form(self, event: ProvenEvent) -> Markup:
        height = inert_page.height(inert_page.of_form(event.form, event.locale)) if event.form else 0
        url = url_for("admin.proof_form", uid=self._uid, event=event.id)
        return Markup('src="{}" height="{}"').format(url, height)

    def mail(self, event: ProvenEvent) -> Markup:
        return Markup('src="{}" loading="lazy"').format(url_for("admin.proof_mail", uid=self._uid, event=event.id))


def proof(uid: UUID) -> ResponseReturnValue:
    """The proof as a page to print."""
    known, found = _read(uid)
    return render_template("admin/contacts/proof.html", contact=known, **proof_page.context(found, _Served(uid)))


def proof_json(uid: UUID) -> ResponseReturnValue:
    answer = jsonify(as_json(_read(uid)[1]))
    answer.headers["Content-Disposition"] = f'attachment; filename="consent-{uid}.json"'
    return answer


def proof_zip(uid: UUID) -> ResponseReturnValue:
    """Page, data and texts in one file. That it was taken is written down."""
    out = io.BytesIO()
    bundle.write(out, _read(uid)[1])
    with transaction():
        audit.note(door.operator(), "proof-saved", str(uid))
    out.seek(0)
    return send_file(out, "application/zip", as_attachment=True, download_name=f"consent-{uid}.zip")


def proof_form(uid: UUID, event: UUID) -> ResponseReturnValue:
    """The form as it was seen, in a frame of the proof; empty where it was not kept."""
    found = _event(uid, event)
    return _inert(inert_page.of_form(found.form, found.locale) if found.form else "")


def proof_mail(uid: UUID, event: UUID) -> ResponseReturnValue:
    """A mail as mail programs show it, in a frame of the proof; empty where its words are gone."""
    found = _event(uid, event)
    words = found.mail.words if found.mail else None
    return _inert(inert_page.of_mail(words.html) if words else "")


def _inert(page: str) -> Response:
    answer = make_response(page)
    answer.headers["Content-Security-Policy"] = inert_page.POLICY
    answer.headers["X-Frame-Options"] = "SAMEORIGIN"
    return answer


def _event(uid: UUID, event: UUID) -> ProvenEvent:
    """One event of this proof. Raises `NotFound`, also for one of a list that the reader may not know of."""
    found = _read(uid)[1].event(event)
    if found is None:
        raise NotFound(f"event {event}")
    return found


def _read(uid: UUID) -> tuple[Seen, Proof]:
    """The contact and its proof, as far as the reader may know them."""
    found = find_contact(uid)
    return seen_one(found), proof_for_reader(found)
