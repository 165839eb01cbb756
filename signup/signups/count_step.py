"""Counts a step of a sign-up under the form, website, source, language and provider that it began with."""

from typing import Any

from sqlalchemy import ColumnElement, Date, func, insert, literal, select

from signup.contacts.contact import tests
from signup.counts.step import KEY, Step, StepCount
from signup.ground.db import db, is_postgresql
from signup.signups.signup import Signup


def count_step(step: Step | ColumnElement[str], *which: ColumnElement[bool]) -> None:
    """Count `step` for every sign-up that `which` holds for, but for tests. Needs an open transaction."""
    at = func.timezone("UTC", Signup.created_at) if is_postgresql() else Signup.created_at
    key: dict[str, Any] = {
        "form_id": Signup.form_id,
        "day": func.date(at, type_=Date()),
        "site": Signup.site,
        "source": Signup.placement,
        "language": Signup.language,
        "provider": Signup.provider,
        "step": literal(step.value) if isinstance(step, Step) else step,
    }
    rows = select(*(key[name] for name in KEY), literal(1), literal(value=False)).where(
        *which, Signup.contact_id.not_in(tests())
    )
    db.session.execute(insert(StepCount).from_select([*KEY, "n", "folded"], rows))
