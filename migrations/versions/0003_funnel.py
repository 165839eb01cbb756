"""The funnel: counts by step, what a sign-up is counted under, and when its reminder is due."""

import sqlalchemy as sa
from alembic import op

from signup.ground import dialect

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
COLUMNS = ("site", "placement", "provider", "remind_at", "reminded", "trial")
REMIND_AT = "when to look whether a reminder is due; none: never"
REMINDED = "reminders so far"
TRIAL = "drawn when the first reminder was due: `reminded`, or `holdout` that gets none"
SOON = ((60, "1m"), (600, "10m"), (3_600, "1h"), (86_400, "24h"), (604_800, "7d"))
FOLDED_KEY = ["form_id", "day", "site", "source", "language", "provider", "step"]


def upgrade() -> None:
    op.create_table(
        "step_count",
        sa.Column("id", KEY, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("form_id", KEY, nullable=False),
        sa.Column("site", sa.String(length=120), nullable=False),
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("provider", sa.String(length=12), nullable=False),
        sa.Column("step", sa.String(length=20), nullable=False),
        sa.Column("n", KEY, nullable=False),
        sa.Column("folded", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_step_count")),
    )
    op.create_index("ix_step_count_form_id_day", "step_count", ["form_id", "day"])
    _index("ix_step_count_loose", "step_count", ["id"], "NOT folded")
    _index("uq_step_count_folded", "step_count", FOLDED_KEY, "folded", unique=True)
    op.add_column("signup", _text("site", 120, "origin of the page"))
    op.add_column("signup", _text("placement", 60, "the form's `src`"))
    op.add_column("signup", _text("provider", 12, "who keeps the mailbox, of a short list"))
    op.add_column("signup", sa.Column("remind_at", dialect.Instant(), nullable=True, comment=REMIND_AT))
    op.add_column("signup", sa.Column("reminded", KEY, nullable=False, server_default="0", comment=REMINDED))
    op.add_column("signup", sa.Column("trial", sa.String(length=8), nullable=True, comment=TRIAL))
    _index("ix_signup_remind_at", "signup", ["remind_at"], "remind_at IS NOT NULL")
    _count_what_is_there()


def _count_what_is_there() -> None:
    """The steps of sign-ups that are older than this table, or their later steps would come from nowhere."""
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    day = "(g.created_at AT TIME ZONE 'UTC')::date" if on_postgresql else "date(g.created_at)"
    seconds = (
        "extract(epoch FROM g.confirmed_at - g.created_at)"
        if on_postgresql
        else "(julianday(g.confirmed_at) - julianday(g.created_at)) * 86400"
    )
    soon = " ".join(f"WHEN {seconds} <= {most} THEN 'confirmed:{name}'" for most, name in SOON)
    mail = "SELECT 1 FROM message m WHERE m.dedupe_key = 'confirm:' || g.id || ':1'"
    steps = {
        "'submitted'": "g.state <> 'repeated'",
        "'repeated'": "g.state = 'repeated'",
        "'mailed'": f"EXISTS ({mail} AND m.state = 'sent')",
        "'bounced'": f"EXISTS ({mail} AND m.state = 'failed' AND substr(m.reply, 1, 1) = '5')",
        "'opened_page'": "g.state = 'disowned' OR (g.state = 'pending' AND g.viewed_at IS NOT NULL)"
        f" OR (g.state = 'confirmed' AND EXISTS ({mail}))",
        "'disowned'": "g.state = 'disowned'",
        "'taken'": "g.state = 'confirmed' AND g.downloads > 0",
        f"CASE WHEN NOT EXISTS ({mail}) THEN 'confirmed:single' {soon} ELSE 'confirmed:later' END": (
            "g.state = 'confirmed'"
        ),
    }
    into = "INSERT INTO step_count (day, form_id, site, source, language, provider, step, n, folded)"
    for step, where in steps.items():
        counted = f"{day}, g.form_id, '', '', g.language, '', {step}, 1, FALSE"
        op.get_bind().exec_driver_sql(f"{into} SELECT {counted} FROM signup g WHERE {where}")  # noqa: S608  # our own


def _text(name: str, length: int, comment: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=length), nullable=False, server_default="", comment=comment)


def _index(name: str, table: str, columns: list[str], where: str, *, unique: bool = False) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, unique=unique, postgresql_where=condition, sqlite_where=condition)


def downgrade() -> None:
    op.drop_index("ix_signup_remind_at", "signup")
    for name in reversed(COLUMNS):
        op.drop_column("signup", name)
    op.drop_table("step_count")
