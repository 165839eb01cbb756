"""One person's access file (GDPR art. 15), for an operator who answers a request that came by other means."""

from uuid import UUID

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue

from signup.access import audit, scope
from signup.access.seen_contact import find_contact
from signup.admin.frame import door
from signup.duplicates.merge import survivor_of
from signup.ground.db import transaction
from signup.ground.errors import NotAllowed
from signup.privacy.access_file import AccessFile, page_policy


def access_file(uid: UUID) -> ResponseReturnValue:
    """GET shows what it is and two buttons, POST gives the page or the file: each is an entry of the audit trail."""
    if scope.hidden_groups():
        raise NotAllowed("hidden fields")
    contact = survivor_of(find_contact(uid))
    if request.method != "POST":
        return render_template("admin/contacts/access_file.html", contact=contact)
    is_page = request.form.get("as") == "page"
    with transaction():
        known = AccessFile.of(contact)
        audit.note(door.operator(), "access-file-made", str(contact.uid), format="html" if is_page else "zip")
    if is_page:
        response = Response(known.as_page(), content_type="text/html; charset=utf-8")
        response.headers["Content-Security-Policy"] = page_policy()
        return response
    response = Response(known.as_zip(), content_type="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="{known.name}-{contact.uid}.zip"'
    return response
