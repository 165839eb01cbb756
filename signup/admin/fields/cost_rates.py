"""The rates by which a field's cost is reckoned: estimates to start from, and what an operator put in their place."""

from typing import Any, NamedTuple

from sqlalchemy import Float, String, select
from sqlalchemy.orm import Mapped, mapped_column

from signup.ground.db import Base, db, upsert
from signup.ground.i18n import _


class RateKind(NamedTuple):
    """A rate's words and what it is before anybody has changed it."""

    label: Any
    unit: Any
    start: float


RATES: dict[str, RateKind] = {
    "typed": RateKind(_("Typing a text or number"), _("seconds per value"), 8.0),
    "chosen": RateKind(_("Choosing an option or a date"), _("seconds per value"), 4.0),
    "upkeep": RateKind(_("Keeping a field up to date"), _("minutes per month per 1,000 contacts"), 2.0),
    "hour": RateKind(_("Cost of an hour’s work"), _("in your currency"), 40.0),
    "gigabyte": RateKind(_("Storage and backup"), _("per gigabyte per month, in your currency"), 0.5),
    "recipient": RateKind(_("Explaining an export and its fields"), _("minutes per export"), 0.5),
}
MOST = 1_000_000.0


class Rate(Base):
    """A rate that an operator changed."""

    __tablename__ = "rate"
    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    value: Mapped[float] = mapped_column(Float(53))


def rates() -> dict[str, float]:
    """Every rate as it holds now."""
    changed = {rate.name: rate.value for rate in db.session.scalars(select(Rate))}
    return {name: changed.get(name, kind.start) for name, kind in RATES.items()}


def set_rates(values: dict[str, float]) -> None:
    """Keep these rates from now on. Needs an open transaction."""
    for name, value in values.items():
        kept = upsert(Rate).values(name=name, value=value)
        db.session.execute(kept.on_conflict_do_update(index_elements=[Rate.name], set_={"value": value}))
