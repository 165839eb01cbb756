"""A field's kind is checked by the program: a new kind is a file, not a migration."""

import re

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0034"
branch_labels = None
depends_on = None

KINDS = "kind IN ('text', 'number', 'date', 'year', 'yes_no', 'choice', 'multi', 'catalogue')"


def upgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        op.drop_constraint(op.f("ck_field_kind"), "field", type_="check")
    else:
        _write_schema(re.sub(r",\s*CONSTRAINT ck_field_kind CHECK \(kind IN \([^)]*\)\)", "", _schema()))


def downgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        op.create_check_constraint(op.f("ck_field_kind"), "field", KINDS)
    else:
        _write_schema(re.sub(r"\)\s*$", f", \n\tCONSTRAINT ck_field_kind CHECK ({KINDS})\n)", _schema()))


def _schema() -> str:
    found = sa.text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = 'field'")
    return str(op.get_bind().execute(found).scalar_one())


def _write_schema(sql: str) -> None:
    """Take away or add a CHECK without copying the table, to whose rows others refer.

    As SQLite's manual describes it for constraints (lang_altertable.html, section 7).
    """
    connection = op.get_bind()
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    write = sa.text("UPDATE sqlite_master SET sql = :sql WHERE type = 'table' AND name = 'field'")
    connection.execute(write, {"sql": sql})
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")
