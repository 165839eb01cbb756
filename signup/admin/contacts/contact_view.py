"""A saved view of the contacts page: filter and columns under a name, of one operator or for all."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from signup.access.operator import Operator
from signup.ground.clock import uuid7
from signup.ground.db import Base, db
from signup.ground.dialect import now

KEPT = ("q", "list", "status", "segment", "tag", "quality", "category", "grade", "order")
"""The names of a contacts page's address that a view keeps."""


class ContactView(Base):
    """Belongs to who saved it; `shared` lets others use it, not change it."""

    __tablename__ = "contact_view"
    __table_args__ = (UniqueConstraint("operator_id", "name"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[UUID] = mapped_column(unique=True, default=uuid7)
    operator_id: Mapped[int] = mapped_column(ForeignKey("operator.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(60))
    query: Mapped[dict[str, Any]] = mapped_column(default=dict, comment="what the page's address asks for")
    columns: Mapped[list[str]] = mapped_column(default=list)
    shared: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(server_default=now())


def views_for(operator: Operator) -> list[ContactView]:
    """An operator's own views, then those that others share, by name."""
    query = select(ContactView).where((ContactView.operator_id == operator.id) | ContactView.shared)
    return list(
        db.session.scalars(query.order_by((ContactView.operator_id != operator.id), ContactView.name, ContactView.id))
    )
