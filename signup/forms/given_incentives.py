"""Which incentives the forms of a list give."""

from collections.abc import Sequence

from sqlalchemy import BigInteger, String, Text, cast, literal, select

from signup.forms.form import Form, FormVersion
from signup.ground.db import db


def incentives_of_lists(list_ids: Sequence[int]) -> list[int]:
    """The ids of the incentives that a form of these lists gives, or gave in an earlier version."""
    given = cast(FormVersion.content.op("->>", return_type=String())(literal("lead_magnet_id", Text())), BigInteger())
    query = select(given).distinct().join(Form, Form.id == FormVersion.form_id)
    return list(db.session.scalars(query.where(Form.list_id.in_(list_ids), given.is_not(None))))
