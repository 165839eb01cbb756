"""The temporary tables of an import's chunk: `import_stage` for its rows, `import_decided` for what becomes of each."""

_TYPES = {
    "postgresql": ("bigint", "text", "jsonb", "uuid", "timestamptz", "boolean", "bytea"),
    "sqlite": ("", "", "", "", "", "", ""),
}
_UNTIL = {"postgresql": "ON COMMIT DELETE ROWS", "sqlite": ""}

STAGE = (
    ("line", 0),
    ("outcome", 1),
    ("reason", 1),
    ("raw", 2),
    ("address_key", 1),
    ("address", 1),
    ("hash", 1),
    ("name", 1),
    ("name_key", 1),
    ("language", 1),
    ("source", 1),
    ("answers", 2),
    ("said", 2),
    ("given", 2),
    ("target", 1),
    ("grade", 1),
    ("opted_at", 4),
    ("left_at", 4),
    ("ip", 1),
    ("wording", 1),
    ("evidence", 2),
    ("contact_uid", 3),
    ("subscription_uid", 3),
    ("event_uid", 3),
    ("salt", 6),
)
"""Columns of the rows as read, and the place of their type among the engine's. `said` are the answers of the row,
`answers` the same with the country for who has none, `given` what goes on the card of the list.
"""

DECIDED = (
    ("line", 0),
    ("outcome", 1),
    ("reason", 1),
    ("fresh", 5),
    ("contact_id", 0),
    ("subscription_id", 0),
    ("state_before", 1),
    ("state_after", 1),
    ("moves", 5),
    ("standing", 1),
    ("name_before", 1),
    ("name", 1),
    ("name_key", 1),
    ("language_before", 1),
    ("language", 1),
    ("answers_before", 2),
    ("answers", 2),
    ("card_before", 2),
    ("card", 2),
    ("change", 2),
)


def create(table: str, columns: tuple[tuple[str, int], ...], engine: str) -> str:
    """A temporary table that belongs to the connection; its rows to the transaction."""
    shown = ", ".join(f"{name} {_TYPES[engine][place]}" for name, place in columns)
    return f"CREATE TEMP TABLE IF NOT EXISTS {table} ({shown}) {_UNTIL[engine]}"
