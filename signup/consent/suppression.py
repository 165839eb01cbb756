"""The stop list: addresses that get no mail at all. Only a keyed hash is kept, so it survives erasure."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from signup.ground.db import Base
from signup.ground.dialect import now


class Suppression(Base):
    """An address that must not be mailed, as `tokens.Keys.hash` of its key."""

    __tablename__ = "suppression"
    address_hash: Mapped[str] = mapped_column(String(32), primary_key=True)
    reason: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime] = mapped_column(server_default=now())
