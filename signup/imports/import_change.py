"""What a file changed of one contact, as the row of an import keeps it for an undo: `{"before": …, "after": …}`.

`import_sql.DECIDE` writes it. A contact that came by the file has no `before`.
"""

from typing import Any, NotRequired, TypedDict


class ContactAfter(TypedDict):
    """A contact and its subscription as the import left them."""

    name: str
    language: str
    answers: dict[str, Any]
    state: str
    given: NotRequired[dict[str, Any] | None]
    """The card of the list. Rows of before there were cards have none."""


class ContactBefore(ContactAfter):
    """The same before the import. The times are texts, or None; a contact that was on no list has no state."""

    name_key: str
    confirmed_at: str | None
    state_at: str | None
    state_confirmed_at: str | None
    ended_at: str | None
