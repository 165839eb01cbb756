"""All presets by name, and whether one may be used: matching with advertisers needs a purpose of its own.

A new preset goes into `mail_services`, `sales` or `matching`.
"""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import select

from signup.consent.partner import Partner
from signup.exports.presets.export_preset import AD_MATCHING, WANTED, ExportPreset, Whom
from signup.exports.presets.mail_services import MAIL_SERVICES, PHONE, SUPPRESSION
from signup.exports.presets.matching import MATCHING
from signup.exports.presets.person_columns import ANSWERS, key_of
from signup.exports.presets.sales import SALES
from signup.ground.db import db
from signup.ground.errors import NotPossible
from signup.ground.i18n import _

GROUPS: tuple[tuple[Any, tuple[ExportPreset, ...]], ...] = (
    (_("Email services"), MAIL_SERVICES),
    (_("CRMs and address books"), SALES),
    (_("Marketing"), MATCHING),
    (_("To go with every other file"), (SUPPRESSION,)),
)
PRESETS: dict[str, ExportPreset] = {preset.name: preset for _label, presets in GROUPS for preset in presets}
NO_PURPOSE = _(
    "Off: nobody can agree to ad matching yet. Create a partner with the short name “ad-matching” whose box asks for"
    " it, and show it on a form."
)
ONLY_CONFIRMED = _("A preset includes confirmed people only.")
NOT_FOR_PARTNERS = _("Partners get people in a general format: they have no right to what people told you.")


def why_off(preset: ExportPreset) -> Any:
    """Why the preset cannot be used at the moment; empty when it can."""
    if preset.whom != Whom.MATCHED:
        return ""
    has_box = select(Partner.id).where(Partner.slug == AD_MATCHING, Partner.retired_at.is_(None))
    return "" if db.session.scalar(has_box) else NO_PURPOSE


def wanted_for(preset: ExportPreset, wanted: Mapping[str, object]) -> dict[str, object]:
    """The filter of an export by a preset: what the operator chose, and whom the preset may take.

    Raises `NotPossible` for a preset that is off, another status than confirmed, and a partner's export.
    """
    if reason := why_off(preset):
        raise NotPossible(str(reason))
    if wanted.get("partner"):
        raise NotPossible(str(NOT_FOR_PARTNERS))
    if preset.whom == Whom.STOPPED:  # of the whole list: it is the other program's stop list
        return {**WANTED[preset.whom], **{name: wanted[name] for name in wanted.keys() & {"contacts", "columns"}}}
    if wanted.get("status", "confirmed") != "confirmed":
        raise NotPossible(str(ONLY_CONFIRMED))
    return {**wanted, **WANTED[preset.whom]}


def target_of(heading: str, asked: Collection[str]) -> str:
    """What an import makes of a heading that one of our presets writes alone: the key of a question; else empty."""
    name = _HEADINGS.get(heading, "")
    return key_of(name, asked) if name else ""


def _headings() -> dict[str, str]:
    found: dict[str, str] = {}
    for preset in PRESETS.values():
        for table in preset.tables:
            for cell in table.cells:
                if cell.reads[:1] and cell.reads in ((cell.reads[0],), PHONE) and cell.reads[0] in ANSWERS:
                    found.setdefault(cell.heading.lower(), cell.reads[0])
    return found


_HEADINGS = _headings()
