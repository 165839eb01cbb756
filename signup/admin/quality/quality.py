"""Quality: what the last round found over everybody, the grade scheme, and the grade of one contact by hand."""

from http import HTTPStatus
from uuid import UUID

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from signup.access import audit
from signup.admin.companies import company_words
from signup.admin.frame import door
from signup.admin.frame.chart import bar
from signup.admin.frame.route_subject import segments_seen
from signup.audience import grade, scoring_round
from signup.audience.grade import LETTERS, MAX_GRADE, MAX_GRADES
from signup.audience.quality import POINTS
from signup.audience.segment import Segment
from signup.contacts.contact import Contact
from signup.exports.people_csv import csv_text
from signup.ground.db import db, transaction
from signup.ground.errors import NotFound

BANDS = ("0–19", "20–39", "40–59", "60–79", "80–100")


def quality() -> ResponseReturnValue:
    """Averages, categories and grades as of the last round."""
    last = scoring_round.last_report()
    report = last.report if last else {}
    return render_template(
        "admin/quality/quality.html",
        last=last,
        report=report,
        points=POINTS,
        bands=[(name, report.get("bands", {}).get(str(n), 0)) for n, name in enumerate(BANDS)],
        grades=[(step.grade, step.segment) for step in grade.scheme()],
        companies=scoring_round.company_counts(),
        bar=bar,
        company_words=company_words,
    )


def quality_csv() -> ResponseReturnValue:
    """The figures of the page, a line each."""
    last = scoring_round.last_report()
    report = last.report if last else {}
    rows: list[tuple[str, str, object, object]] = [
        ("average", name, "", mean) for name, mean in report.get("averages", {}).items()
    ]
    bands = report.get("bands", {})
    rows += [("score", name, bands.get(str(n), 0), "") for n, name in enumerate(BANDS)]
    for kind in ("categories", "grades"):
        rows += [(kind, name, n, "") for name, n in report.get(kind, {}).items()]
    for kind in ("sources", "forms"):
        rows += [(kind, row["name"], row["people"], row["score"]) for row in report.get(kind, [])]
    headers = {"Content-Disposition": 'attachment; filename="quality.csv"'}
    return Response(
        csv_text(["figure", "name", "people", "points"], *rows), content_type="text/csv; charset=utf-8", headers=headers
    )


def grades() -> ResponseReturnValue:
    """The scheme: which segment gives which grade, the first that fits."""
    typed = _typed() if request.method == "POST" else _stored()
    if request.method == "POST":
        named = [(name, slug) for name, slug in typed if name]
        names = [name for name, _slug in named]
        if not names or len(set(names)) < len(names):
            flash(_("Give each grade its own name, and add at least one."))
        else:
            _save(named)
            flash(
                _("The grades have been saved. All contacts will be graded again shortly, except those graded by hand.")
            )
            return redirect(url_for("admin.quality"), HTTPStatus.SEE_OTHER)
    blank = [("", "")] * (MAX_GRADES - len(typed))
    return render_template(
        "admin/quality/grades.html", rows=[*typed, *blank], segments=segments_seen(), max_grade=MAX_GRADE
    )


def contact_grade(uid: UUID) -> ResponseReturnValue:
    """Grade one contact by hand, or leave it to the rules again."""
    contact_id = db.session.scalar(select(Contact.id).where(Contact.uid == uid))
    chosen = request.form.get("grade", "")
    if contact_id is None or chosen not in {"", *(step.grade for step in grade.scheme())}:
        raise NotFound(f"contact {uid}")
    with transaction():
        done = grade.grade_by_hand(contact_id, chosen, door.operator().id, request.form.get("reason", ""))
        if done:
            audit.note(door.operator(), "contact-graded", str(uid), grade=chosen)
    flash(_("The grade has been saved.") if done else _("There was nothing to change."))
    return redirect(url_for("admin.contact", uid=uid), HTTPStatus.SEE_OTHER)


def _stored() -> list[tuple[str, str]]:
    return [(step.grade, step.segment.slug if step.segment else "") for step in grade.scheme()]


def _typed() -> list[tuple[str, str]]:
    names = [" ".join(name.split())[:MAX_GRADE] for name in request.form.getlist("grade")[:MAX_GRADES]]
    slugs = request.form.getlist("segment")[:MAX_GRADES]
    return list(zip(names, [*slugs, *[""] * (len(names) - len(slugs))], strict=False))


def _save(named: list[tuple[str, str]]) -> None:
    by_slug = dict(db.session.execute(select(Segment.slug, Segment.id)).all())
    with transaction():
        grade.set_scheme([(name, by_slug.get(slug)) for name, slug in named])
        audit.note(door.operator(), "grades-changed", ", ".join(name for name, _slug in named) or ", ".join(LETTERS))
