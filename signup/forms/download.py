"""/download/<token>: the lead magnet, for the person who confirmed: signed, until a date, counted."""

from http import HTTPStatus

from flask import render_template, request, send_file
from flask.typing import ResponseReturnValue
from sqlalchemy import insert, update

from signup.activity import tally
from signup.activity.event import Event, Kind
from signup.activity.tally import Measure
from signup.db import db, now, transaction
from signup.errors import NotFound
from signup.forms import confirmation
from signup.forms.submission import Signup, State
from signup.i18n import settle
from signup.tokens import DOWNLOAD_LIMIT, Purpose, keys


def download(token: str) -> ResponseReturnValue:
    """The file as an attachment; 403 before the confirmation, 410 once the link is used up."""
    signup = confirmation.find_signup(keys().open(Purpose.DOWNLOAD, token).id)
    magnet = signup.form_version.lead_magnet if signup else None
    if signup is None or magnet is None:
        raise NotFound("download")
    settle(signup.language)
    if not signup.is_done:
        return render_template("forms/download_refused.html", reason="unconfirmed"), HTTPStatus.FORBIDDEN
    path, media_type, name = magnet.path, magnet.content_type, magnet.file_name
    if not (_is_good(signup) if request.method == "HEAD" else _count(signup)):
        return render_template("forms/download_refused.html", reason="over", signup=signup), HTTPStatus.GONE
    return send_file(path, mimetype=media_type, as_attachment=True, download_name=name)


def _is_good(signup: Signup) -> bool:
    return signup.downloads < DOWNLOAD_LIMIT


def _count(signup: Signup) -> bool:
    still = (
        update(Signup)
        .where(Signup.id == signup.id, Signup.state.in_((State.CONFIRMED, State.REPEATED)))
        .where(Signup.download_until > now(), Signup.downloads < DOWNLOAD_LIMIT)
        .values(downloads=Signup.downloads + 1)
        .returning(Signup.downloads)
        .execution_options(synchronize_session=False)
    )
    contact_id, list_id, form_id = signup.contact_id, signup.list_id, signup.form_id
    with transaction():
        times = db.session.execute(still).scalar()
        if times is None:
            return False
        db.session.execute(
            insert(Event).values(contact_id=contact_id, list_id=list_id, kind=Kind.DOWNLOADED, detail={"n": times})
        )
        tally.count([{"list_id": list_id, "form_id": form_id, "measure": Measure.DOWNLOADED}])
    return True
