"""What each list was given: a card on each subscription.

Whoever is on one list gave that list all that we know of them. Of whoever is on several, confirmed sign-ups and files
tell which list was given what; what neither tells was given to none.
"""

import json
from collections.abc import Iterator
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from alembic import op

from signup.ground import dialect

revision = "0028"
down_revision = "0026"
branch_labels = None
depends_on = None

BATCH = 1_000
OPENED = """(s.state = 'confirmed' OR s.confirmed_at IS NOT NULL OR EXISTS (
  SELECT 1 FROM consent_event e WHERE e.contact_id = s.contact_id AND e.list_id = s.list_id AND e.type = 'imported'))"""
SHARED = "EXISTS (SELECT 1 FROM subscription o WHERE o.contact_id = s.contact_id AND o.id <> s.id)"
ONE_LIST = """UPDATE subscription SET given = {card} FROM (
  SELECT s.id, c.answers, c.name, c.language FROM subscription s JOIN contact c ON c.id = s.contact_id
  WHERE NOT {shared} AND {opened}) AS known
WHERE known.id = subscription.id"""
CARD_POSTGRESQL = """known.answers || jsonb_strip_nulls(jsonb_build_object(
  '@name', nullif(known.name, ''), '@language', known.language))"""
CARD_SQLITE = """json_patch(known.answers, json_object('@name', nullif(known.name, ''), '@language', known.language))"""
SEVERAL = f"SELECT s.id FROM subscription s WHERE {SHARED} AND {OPENED} AND s.id > :after ORDER BY s.id LIMIT {BATCH}"  # noqa: S608
TOLD = """
SELECT s.id, 0 AS kind, g.id AS place, g.language AS field, g.answers AS value FROM subscription s
  JOIN signup g ON g.contact_id = s.contact_id AND g.list_id = s.list_id AND g.state = 'confirmed'
  WHERE s.id IN :ids
UNION ALL SELECT s.id, 1, w.line, NULL, w.change FROM subscription s
  JOIN import_row w ON w.contact_id = s.contact_id AND w.outcome = 'created'
  JOIN import_run r ON r.id = w.run_id AND r.list_id = s.list_id WHERE s.id IN :ids
UNION ALL SELECT s.id, 2, v.id, v.field, v.new FROM subscription s
  JOIN value_change v ON v.contact_id = s.contact_id AND v.kind = 'import'
  JOIN import_run r ON r.id = v.source_id AND r.list_id = s.list_id WHERE s.id IN :ids
ORDER BY 1, 2, 3
"""


def upgrade() -> None:
    words = "what this list was given, by field"
    op.add_column(
        "subscription", sa.Column("given", dialect.Json(), server_default="{}", nullable=False, comment=words)
    )
    words = "by somebody of some lists: of shared contacts only the card"
    op.add_column(
        "import_run", sa.Column("is_bounded", sa.Boolean(), server_default=sa.false(), nullable=False, comment=words)
    )
    card = CARD_POSTGRESQL if op.get_bind().dialect.name == "postgresql" else CARD_SQLITE
    op.execute(ONE_LIST.format(card=card, shared=SHARED, opened=OPENED))
    for ids in _several():
        _fill(ids)


def downgrade() -> None:
    op.drop_column("import_run", "is_bounded")
    op.drop_column("subscription", "given")


def _several() -> Iterator[list[int]]:
    after = 0
    while ids := list(op.get_bind().scalars(sa.text(SEVERAL), {"after": after})):
        yield ids
        after = ids[-1]


def _fill(ids: list[int]) -> None:
    told = sa.text(TOLD).bindparams(sa.bindparam("ids", expanding=True))
    put = sa.text("UPDATE subscription SET given = :given WHERE id = :id").bindparams(
        sa.bindparam("given", type_=dialect.Json())
    )
    found = {id_: {"@language": "en"} for id_ in ids}  # a card that is empty would not open the contact
    for id_, rows in groupby(op.get_bind().execute(told, {"ids": ids}), key=lambda row: row.id):
        for row in rows:
            found[id_].update(_values(row))
    op.get_bind().execute(put, [{"id": id_, "given": card} for id_, card in found.items()])


def _values(row: Any) -> dict[str, Any]:
    is_text = op.get_bind().dialect.name == "sqlite"  # where a document is text
    value = json.loads(row.value) if is_text and row.value is not None else row.value
    if row.kind == 0:
        name = " ".join(str(value[key]) for key in ("first_name", "last_name", "name") if value.get(key))[:200]
        return value | {"@language": row.field} | ({"@name": name} if name else {})
    if row.kind == 1:
        after = (value or {}).get("after", {})
        named = {"@name": after["name"]} if after.get("name") else {}
        return after.get("answers", {}) | named | {"@language": after.get("language", "en")}
    return {row.field: value} if value is not None else {}
