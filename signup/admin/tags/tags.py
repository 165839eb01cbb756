"""All tags: how many contacts have each, which segments ask for it, renaming, merging and deleting."""

from http import HTTPStatus

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from signup.access import audit
from signup.admin.frame import door
from signup.audience.tag_rule import merge_tags, segments_asking
from signup.contacts import tag as tagging
from signup.contacts.tag import MAX_NAME, MAX_TAGS, ContactTag, find_tag, read_name
from signup.ground.db import db, transaction


def tags() -> ResponseReturnValue:
    often = select(ContactTag.tag_id, func.count()).group_by(ContactTag.tag_id)
    rows = tagging.tags()
    return render_template(
        "admin/tags/tags.html",
        tags=rows,
        people={tag_id: n for tag_id, n in db.session.execute(often)},  # noqa: C416  # a row is no pair to mypy
        segments={one.id: segments_asking(one) for one in rows},
        max_name=MAX_NAME,
    )


def tag_new() -> ResponseReturnValue:
    """Make a tag before anybody has it."""
    name = read_name(request.form.get("name", ""))
    if not name or len(tagging.tags()) >= MAX_TAGS:
        flash(words_for_refusal(name))
        return _back()
    with transaction():
        tag = tagging.find_or_add(name)
        audit.note(door.operator(), "tag-added", str(tag.id))
    return _back()


def tag_rename(tag_id: int) -> ResponseReturnValue:
    """Give a tag another name; the name of another tag asks whether the two are one."""
    tag, name = find_tag(tag_id), read_name(request.form.get("name", ""))
    if not name:
        flash(words_for_refusal(name))
        return _back()
    other = tagging.named(name)
    if other is not None and other.id != tag.id:
        return render_template("admin/tags/tag_merge.html", tag=tag, other=other), HTTPStatus.CONFLICT
    try:
        with transaction():
            tag.name, tag.name_key = name, name.casefold()
            db.session.add(tag)
            audit.note(door.operator(), "tag-renamed", str(tag_id))
    except IntegrityError:  # another operator took the name at the same moment
        flash(_("Another tag has this name."))
    return _back()


def tag_merge(tag_id: int, into_id: int) -> ResponseReturnValue:
    tag, into = find_tag(tag_id), find_tag(into_id)
    if tag.id != into.id:
        with transaction():
            merge_tags(tag, into, door.operator().id)
            audit.note(door.operator(), "tags-merged", str(into_id), gone=tag_id)
        flash(_("The two tags are one now."))
    return _back()


def tag_delete(tag_id: int) -> ResponseReturnValue:
    """Only a tag that no segment asks for: whom it means would change unnoticed."""
    tag = find_tag(tag_id)
    if asking := segments_asking(tag):
        names = ", ".join(one.name for one in asking)
        flash(_("These segments ask for this tag: %(names)s. Change them first.", names=names))
        return _back()
    with transaction():
        tagging.drop(tag)
        audit.note(door.operator(), "tag-deleted", str(tag_id))
    flash(_("The tag has been deleted. The contacts stay."))
    return _back()


def words_for_refusal(name: str) -> str:
    """Why no tag was made."""
    if name:
        return str(_("There are %(n)s tags already. Merge or delete some first.", n=MAX_TAGS))
    return str(_("Enter a tag of at most %(n)s characters.", n=MAX_NAME))


def _back() -> ResponseReturnValue:
    return redirect(url_for("admin.tags"), HTTPStatus.SEE_OTHER)
