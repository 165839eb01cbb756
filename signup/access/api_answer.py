"""What a program was answered to a request that it may send again (`api.idempotency`); forgotten after a day."""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from signup.ground.db import Base
from signup.ground.dialect import now


class ApiAnswer(Base):
    """What a request with an `Idempotency-Key` was answered. Without a status it is being worked on."""

    __tablename__ = "api_answer"
    key_id: Mapped[int] = mapped_column(ForeignKey("api_key.id"), primary_key=True)
    name_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True, comment="of the header")
    request_hash: Mapped[bytes] = mapped_column(LargeBinary(32), comment="of method, path and body")
    status: Mapped[int | None]
    body: Mapped[bytes | None] = mapped_column(LargeBinary, comment="encrypted")
    at: Mapped[datetime] = mapped_column(server_default=now(), index=True)
