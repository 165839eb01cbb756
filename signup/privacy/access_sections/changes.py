"""How somebody's values came to be what they are: their history, rows of imported files, merged contacts."""

from flask_babel import gettext
from sqlalchemy import and_, select

from signup.contacts.contact import Contact
from signup.contacts.value_change import ValueChange
from signup.duplicates.merge import ContactMerge
from signup.files.import_run import ImportMend, ImportRow, ImportRun
from signup.ground.db import db
from signup.ground.i18n import _
from signup.privacy.access_sections.section import NOT_ON_THE_PAGE, Person, Record, Section, fact, moment, record, word

KINDS = {
    "form": _("By a form"),
    "later": _("Answered after confirming"),
    "preferences": _("On the preferences page"),
    "import": _("From a file"),
    "import-undo": _("An import was undone"),
    "operator": _("By our staff"),
    "bulk": _("By our staff, for many people at once"),
    "bulk-undo": _("A change for many people was undone"),
    "spelling": _("Our staff gave one spelling to what people typed"),
    "merge": _("Two contacts were merged"),
    "merge-undo": _("A merge was undone"),
}
ORIGINS = {
    "own": _("Our own records"),
    "service": _("Another service"),
    "claim": _("People who agreed, without proof"),
    "bought": _("A bought or rented file"),
}
OUTCOMES = {
    "created": _("You were added"),
    "joined": _("You were added to the list"),
    "updated": _("Your details were changed"),
    "unchanged": _("Nothing was changed"),
    "left": _("You were left as you are"),
    "duplicate": _("You stood in the file twice"),
    "invalid": _("The row was not understood"),
}
UNDONE = {"undone": _("Undone"), "kept": _("Kept, because something has happened since")}


def _history(person: Person) -> list[Record]:
    query = select(ValueChange).where(ValueChange.contact_id.in_(person.ids)).order_by(ValueChange.id)
    return [
        record(
            fact("field", gettext("Question"), one.field.removeprefix("@"), person.called(one.field)),
            fact("before", gettext("Before"), one.old),
            fact("after", gettext("After"), one.new),
            word("how", gettext("How"), one.kind, KINDS),
            moment("at", gettext("When"), one.at),
        )
        for one in db.session.scalars(query)
    ]


def _imports(person: Person) -> list[Record]:
    mended = and_(ImportMend.run_id == ImportRow.run_id, ImportMend.line == ImportRow.line)
    query = select(ImportRow, ImportRun, ImportMend.cells).join(ImportRun, ImportRun.id == ImportRow.run_id)
    query = query.outerjoin(ImportMend, mended).where(ImportRow.contact_id.in_(person.ids))
    found = db.session.execute(query.order_by(ImportRow.run_id, ImportRow.line))
    return [_row(row, run, cells, person) for row, run, cells in found]


def _row(row: ImportRow, run: ImportRun, mended: list[str] | None, person: Person) -> Record:
    return record(
        fact("file", gettext("File"), run.file_name),
        fact("line", gettext("Row"), row.line),
        moment("at", gettext("When"), run.started_at or run.created_at),
        person.list_of(run.list_id),
        word("origin", gettext("Where the file came from"), run.origin, ORIGINS),
        fact("said", gettext("What the row said"), _by_heading(run, row.raw)),
        fact("corrected", gettext("What our staff corrected it to"), _by_heading(run, mended or [])),
        word("outcome", gettext("What became of it"), row.outcome, OUTCOMES),
        fact("reason", gettext("Reason"), row.reason),
        fact("changed", gettext("Details before and after"), row.change, NOT_ON_THE_PAGE),
        word("undo", gettext("Undo"), row.undo or "", UNDONE),
    )


def _by_heading(run: ImportRun, cells: list[str]) -> dict[str, str]:
    """The cells that say something; two columns may have one heading, or none."""
    named: dict[str, str] = {}
    for place, cell in enumerate(cells):
        heading = run.headings[place] if place < len(run.headings) else ""
        name = heading if heading and heading not in named else f"{heading} {place + 1}".strip()
        if cell:
            named[name] = cell
    return named


def _merges(person: Person) -> list[Record]:
    """Merges that hold. One that was undone speaks of somebody else again."""
    query = select(ContactMerge, Contact.address).join(Contact, Contact.id == ContactMerge.gone_id)
    query = query.where(ContactMerge.survivor_id.in_(person.ids), ContactMerge.gone_id.in_(person.ids))
    return [
        record(
            fact("address", gettext("Email address of the other contact"), address),
            moment("at", gettext("When"), one.at),
            fact("before", gettext("Before"), one.before, NOT_ON_THE_PAGE),
            fact("after", gettext("After"), one.after, NOT_ON_THE_PAGE),
        )
        for one, address in db.session.execute(query.order_by(ContactMerge.id))
    ]


SECTIONS = (
    Section("history", _("How your details changed"), ("value_change",), _history),
    Section("imports", _("Files you were in"), ("import_row", "import_run", "import_mend"), _imports),
    Section("merges", _("Contacts that were merged"), ("contact_merge",), _merges),
)
