"""What people call the columns of an export: the headings of a workbook. Files for programs keep the columns' names."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from signup.exports.columns import Column
from signup.ground.i18n import _

LABELS: dict[str, Any] = {
    "email": _("Email address"),
    "name": _("Full name"),
    "status": _("Status"),
    "status_at": _("Status since (UTC)"),
    "tags": _("Tags"),
    "language": _("Language"),
    "source": _("Source"),
    "page": _("Sign-up page"),
    "utm_source": _("UTM source"),
    "utm_medium": _("UTM medium"),
    "utm_campaign": _("UTM campaign"),
    "utm_term": _("UTM term"),
    "utm_content": _("UTM content"),
    "placement": _("Placement"),
    "staff": _("Staff"),
    "opt_in": _("Opt-in type"),
    "signup_at": _("Signed up (UTC)"),
    "signup_ip": _("Sign-up IP address"),
    "confirm_at": _("Confirmed (UTC)"),
    "confirm_ip": _("Confirmation IP address"),
    "consent_text_version": _("Version of the consent text"),
    "consent_text_hash": _("Hash of the consent text"),
    "contact_uid": _("Contact ID"),
    "partner": _("Partner"),
    "export_id": _("Export mark"),
}


def label_of(column: Column) -> str:
    """What the column is called, in the language of the moment."""
    return str(column.label if column.key else LABELS[column.name])


def labels_of(columns: Sequence[Column]) -> list[str]:
    """The labels of a table's columns, no two of them alike: where two are, each tells its name too."""
    labels = [label_of(column) for column in columns]
    often = Counter(label.casefold() for label in labels)
    return [
        f"{label} ({column.name})" if often[label.casefold()] > 1 else label
        for label, column in zip(labels, columns, strict=True)
    ]
