"""The spine: contacts, consent, forms, the outbox, operators; and the guards that keep the proof append-only."""

import sqlalchemy as sa
from alembic import op

from signup.ground import dialect

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
PAYLOAD = ("address", "ip", "agent", "page", "referrer", "answers", "salt")
IMMUTABLE = ("snapshot", "form_version")


def upgrade() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("id", KEY, nullable=False),
        sa.Column("at", dialect.Instant(), server_default=dialect.now(), nullable=False),
        sa.Column("operator_id", KEY, nullable=True),
        sa.Column("actor", sa.String(length=254), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("ip", sa.String(length=45), nullable=True),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("object", sa.String(length=120), nullable=False),
        sa.Column("detail", dialect.Json(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    op.create_index("ix_audit_entry_at", "audit_entry", ["at"], unique=False)
    op.create_index(op.f("ix_audit_entry_operator_id"), "audit_entry", ["operator_id"], unique=False)
    op.create_table(
        "beat",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("at", dialect.Instant(), nullable=False),
        sa.Column("owner", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_beat")),
    )
    op.create_table(
        "consent_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.String(length=20), nullable=False),
        sa.Column("at", dialect.Instant(), server_default=dialect.now(), nullable=False),
        sa.Column("contact_id", KEY, nullable=False, comment="no foreign key: the proof outlives the contact"),
        sa.Column("list_id", KEY, nullable=False),
        sa.Column("signup_id", KEY, nullable=True),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("controller", sa.String(length=200), nullable=False),
        sa.Column("form_version_id", KEY, nullable=True),
        sa.Column("wording_hash", sa.String(length=64), nullable=True),
        sa.Column("locale", sa.String(length=5), nullable=False),
        sa.Column(
            "method", sa.String(length=20), nullable=False, comment="form, json, link, code, same-browser, one-click …"
        ),
        sa.Column("key_id", sa.String(length=8), nullable=True, comment="which signing key's token was used"),
        sa.Column("mail_template_hash", sa.String(length=64), nullable=True),
        sa.Column("mail_hash", sa.String(length=64), nullable=True, comment="SHA-256 of the mail as handed over"),
        sa.Column("mail_message_id", sa.String(length=200), nullable=True),
        sa.Column("relay_reply", sa.String(length=500), nullable=True),
        sa.Column("address", sa.String(length=254), nullable=True, comment="as typed"),
        sa.Column("ip", sa.String(length=45), nullable=True),
        sa.Column("agent", sa.String(length=300), nullable=True),
        sa.Column("page", sa.String(length=500), nullable=True),
        sa.Column("referrer", sa.String(length=500), nullable=True),
        sa.Column("answers", dialect.Json(), nullable=True),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_event")),
    )
    op.create_index("ix_consent_event_contact_id_id", "consent_event", ["contact_id", "id"], unique=False)
    op.create_table(
        "contact",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False, comment="as typed first, normalised for mail"),
        sa.Column("address_key", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_key", sa.String(length=200), nullable=False, comment="name in lower case, for prefix search"),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("answers", dialect.Json(), nullable=False),
        sa.Column("standing", sa.String(length=12), nullable=False),
        sa.Column("source", sa.String(length=120), nullable=False, comment="what the first sign-up came through"),
        sa.Column("created_at", dialect.Instant(), server_default=dialect.now(), nullable=False),
        sa.Column("confirmed_at", dialect.Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
        sa.UniqueConstraint("address_key", name=op.f("uq_contact_address_key")),
        sa.UniqueConstraint("uid", name=op.f("uq_contact_uid")),
        sqlite_autoincrement=True,  # proof names its ids: none is given out twice
    )
    op.create_index(
        "ix_contact_address_key_prefix",
        "contact",
        ["address_key"],
        unique=False,
        postgresql_ops={"address_key": "text_pattern_ops"},
    )
    op.create_index(op.f("ix_contact_created_at"), "contact", ["created_at"], unique=False)
    op.create_index(
        "ix_contact_name_key",
        "contact",
        ["name_key", "id"],
        unique=False,
        postgresql_ops={"name_key": "text_pattern_ops"},
    )
    op.create_index("ix_contact_standing_id", "contact", ["standing", "id"], unique=False)
    op.create_table(
        "event",
        sa.Column("id", KEY, nullable=False),
        sa.Column("contact_id", KEY, nullable=False),
        sa.Column("list_id", KEY, nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("at", dialect.Instant(), server_default=dialect.now(), nullable=False),
        sa.Column("detail", dialect.Json(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
    )
    op.create_index("ix_event_contact_id_at", "event", ["contact_id", "at"], unique=False)
    op.create_table(
        "lead_magnet",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("file_name", sa.String(length=120), nullable=False),
        sa.Column("content_type", sa.String(length=100), nullable=False),
        sa.Column("size", KEY, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", dialect.Instant(), server_default=dialect.now(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead_magnet")),
        sa.UniqueConstraint("uid", name=op.f("uq_lead_magnet_uid")),
    )
    op.create_table(
        "limit_counter",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("bucket", KEY, autoincrement=False, nullable=False),
        sa.Column("n", KEY, nullable=False),
        sa.Column("ends_at", KEY, nullable=False, comment="Unix seconds after which the row is of no use"),
        sa.PrimaryKeyConstraint("key", "bucket", name=op.f("pk_limit_counter")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "mailing_list",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(length=60), nullable=False, comment="its name on the console and in file names"),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("description", sa.String(length=500), nullable=False),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("sender_name", sa.String(length=120), nullable=False),
        sa.Column("sender_address", sa.String(length=254), nullable=False),
        sa.Column("controller", sa.String(length=200), nullable=False, comment="who answers for the data"),
        sa.Column("privacy_url", sa.String(length=500), nullable=False),
        sa.Column("postal_address", sa.String(length=300), nullable=False),
        sa.Column("created_at", dialect.Instant(), server_default=dialect.now(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailing_list")),
        sa.UniqueConstraint("slug", name=op.f("uq_mailing_list_slug")),
        sa.UniqueConstraint("uid", name=op.f("uq_mailing_list_uid")),
    )
    op.create_table(
        "operator",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("address_key", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("language", sa.String(length=5), nullable=True, comment="empty: as the browser asks"),
        sa.Column("timezone", sa.String(length=60), nullable=False),
        sa.Column("may_export", sa.Boolean(), nullable=False, comment="an editor's own right; administrators have it"),
        sa.Column("password_hash", sa.String(length=255), nullable=True),
        sa.Column("totp_secret", sa.String(length=64), nullable=True),
        sa.Column("totp_step", KEY, nullable=False, comment="the last time step used: a code works once"),
        sa.Column("failures", KEY, nullable=False),
        sa.Column("wait_until", dialect.Instant(), nullable=True),
        sa.Column("disabled_at", dialect.Instant(), nullable=True),
        sa.Column("created_at", dialect.Instant(), server_default=dialect.now(), nullable=False),
        sa.CheckConstraint("role IN ('administrator', 'editor', 'viewer')", name=op.f("ck_operator_role")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operator")),
        sa.UniqueConstraint("address_key", name=op.f("uq_operator_address_key")),
        sa.UniqueConstraint("uid", name=op.f("uq_operator_uid")),
    )
    op.create_table(
        "relay",
        sa.Column("id", KEY, nullable=False),
        sa.Column("failures", KEY, nullable=False),
        sa.Column("paused_until", dialect.Instant(), nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relay")),
    )
    op.create_table(
        "snapshot",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("created_at", dialect.Instant(), server_default=dialect.now(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_snapshot")),
    )
    op.create_table(
        "suppression",
        sa.Column("address_hash", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("created_at", dialect.Instant(), server_default=dialect.now(), nullable=False),
        sa.PrimaryKeyConstraint("address_hash", name=op.f("pk_suppression")),
    )
    op.create_table(
        "tally",
        sa.Column("id", KEY, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("list_id", KEY, nullable=False),
        sa.Column("form_id", KEY, nullable=False),
        sa.Column("source", sa.String(length=120), nullable=False),
        sa.Column("measure", sa.String(length=24), nullable=False),
        sa.Column("n", KEY, nullable=False),
        sa.Column("folded", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tally")),
    )
    op.create_index("ix_tally_folded", "tally", ["folded"], unique=False)
    op.create_index("ix_tally_measure_day", "tally", ["measure", "day"], unique=False)
    op.create_table(
        "export_run",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("list_id", KEY, nullable=False),
        sa.Column("actor", sa.String(length=254), nullable=False, comment="the operator's address, or 'console'"),
        sa.Column("operator_id", KEY, nullable=True),
        sa.Column("format", sa.String(length=10), nullable=False),
        sa.Column("filter", dialect.Json(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False, comment="waiting, running, done, failed, cancelled"),
        sa.Column("total", KEY, nullable=False, comment="rows expected"),
        sa.Column("rows", KEY, nullable=False),
        sa.Column("size", KEY, nullable=False, comment="bytes"),
        sa.Column("attempt", KEY, nullable=False),
        sa.Column("owner", sa.String(length=40), nullable=True),
        sa.Column("lease_until", dialect.Instant(), nullable=True),
        sa.Column("created_at", dialect.Instant(), server_default=dialect.now(), nullable=False),
        sa.Column("finished_at", dialect.Instant(), nullable=True),
        sa.ForeignKeyConstraint(["list_id"], ["mailing_list.id"], name=op.f("fk_export_run_list_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export_run")),
        sa.UniqueConstraint("uid", name=op.f("uq_export_run_uid")),
    )
    op.create_table(
        "form",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(length=16), nullable=False),
        sa.Column(
            "name",
            sa.String(length=120),
            nullable=False,
            comment="what operators call it; the source's name in reports",
        ),
        sa.Column("list_id", KEY, nullable=False),
        sa.Column(
            "version_id", KEY, nullable=True, comment="the current version; no foreign key, it would be a circle"
        ),
        sa.Column("archived_at", dialect.Instant(), nullable=True),
        sa.Column("created_at", dialect.Instant(), server_default=dialect.now(), nullable=False),
        sa.ForeignKeyConstraint(["list_id"], ["mailing_list.id"], name=op.f("fk_form_list_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_form")),
        sa.UniqueConstraint("public_id", name=op.f("uq_form_public_id")),
    )
    op.create_index(op.f("ix_form_list_id"), "form", ["list_id"], unique=False)
    op.create_table(
        "message",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False, comment="local part of its Message-ID"),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("priority", KEY, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("recipient", sa.String(length=254), nullable=False),
        sa.Column(
            "recipient_hash", sa.String(length=32), nullable=False, comment="keyed hash: looked up in the stop list"
        ),
        sa.Column("template_hash", sa.String(length=64), nullable=False),
        sa.Column("data", dialect.Json(), nullable=True, comment="the template's values; cleared 24 h after sending"),
        sa.Column("dedupe_key", sa.String(length=120), nullable=False),
        sa.Column("contact_id", KEY, nullable=True),
        sa.Column("list_id", KEY, nullable=True),
        sa.Column("signup_id", KEY, nullable=True),
        sa.Column("subscription_id", KEY, nullable=True),
        sa.Column(
            "created_at", dialect.Instant(), server_default=dialect.now(), nullable=False, comment="the mail's Date"
        ),
        sa.Column("not_before", dialect.Instant(), server_default=dialect.now(), nullable=False),
        sa.Column("attempt", KEY, nullable=False, comment="fences late answers of an earlier claim"),
        sa.Column("crashes", KEY, nullable=False, comment="claims in a row without an outcome"),
        sa.Column("owner", sa.String(length=40), nullable=True),
        sa.Column("lease_until", dialect.Instant(), nullable=True),
        sa.Column("handed_at", dialect.Instant(), nullable=True),
        sa.Column("sent_at", dialect.Instant(), nullable=True),
        sa.Column("reply", sa.String(length=500), nullable=True, comment="the relay's last words, or why it ended"),
        sa.Column("mail_hash", sa.String(length=64), nullable=True, comment="SHA-256 of the bytes handed over"),
        sa.CheckConstraint(
            "state IN ('ready', 'claimed', 'handed', 'sent', 'retry', 'failed', 'unclear', 'cancelled')",
            name=op.f("ck_message_state"),
        ),
        sa.ForeignKeyConstraint(["template_hash"], ["snapshot.hash"], name=op.f("fk_message_template_hash")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_message_dedupe_key")),
        sa.UniqueConstraint("uid", name=op.f("uq_message_uid")),
    )
    op.create_index("ix_message_contact_id", "message", ["contact_id"], unique=False)
    op.create_index(
        "ix_message_due",
        "message",
        ["priority", "id"],
        unique=False,
        postgresql_where=sa.text("state IN ('ready', 'retry')"),
        sqlite_where=sa.text("state IN ('ready', 'retry')"),
    )
    op.create_index(
        "ix_message_leased",
        "message",
        ["lease_until"],
        unique=False,
        postgresql_where=sa.text("state IN ('claimed', 'handed')"),
        sqlite_where=sa.text("state IN ('claimed', 'handed')"),
    )
    op.create_index("ix_message_state_id", "message", ["state", "id"], unique=False)
    op.create_table(
        "operator_session",
        sa.Column("id", KEY, nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("operator_id", KEY, nullable=False),
        sa.Column("ip", sa.String(length=45), nullable=True),
        sa.Column("agent", sa.String(length=300), nullable=True),
        sa.Column("created_at", dialect.Instant(), server_default=dialect.now(), nullable=False),
        sa.Column("seen_at", dialect.Instant(), server_default=dialect.now(), nullable=False),
        sa.Column(
            "proved_at",
            dialect.Instant(),
            server_default=dialect.now(),
            nullable=False,
            comment="last password or second factor: step-up",
        ),
        sa.Column("ended_at", dialect.Instant(), nullable=True),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.id"], name=op.f("fk_operator_session_operator_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operator_session")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_operator_session_secret_hash")),
    )
    op.create_index(op.f("ix_operator_session_operator_id"), "operator_session", ["operator_id"], unique=False)
    op.create_table(
        "subscription",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("contact_id", KEY, nullable=False),
        sa.Column("list_id", KEY, nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("state_at", dialect.Instant(), server_default=dialect.now(), nullable=False),
        sa.Column("created_at", dialect.Instant(), server_default=dialect.now(), nullable=False),
        sa.Column("confirmed_at", dialect.Instant(), nullable=True),
        sa.Column("ended_at", dialect.Instant(), nullable=True),
        sa.Column("single_opt_in", sa.Boolean(), nullable=False, comment="confirmed without a confirmation mail"),
        sa.CheckConstraint(
            "state IN ('pending', 'confirmed', 'unsubscribed', 'bounced', 'complained')",
            name=op.f("ck_subscription_state"),
        ),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_subscription_contact_id")),
        sa.ForeignKeyConstraint(["list_id"], ["mailing_list.id"], name=op.f("fk_subscription_list_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription")),
        sa.UniqueConstraint("contact_id", "list_id", name=op.f("uq_subscription_contact_id_list_id")),
        sa.UniqueConstraint("uid", name=op.f("uq_subscription_uid")),
        sqlite_autoincrement=True,  # proof names its ids: none is given out twice
    )
    op.create_index("ix_subscription_list_id_state_id", "subscription", ["list_id", "state", "id"], unique=False)
    op.create_table(
        "ticket",
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("operator_id", KEY, nullable=False),
        sa.Column("purpose", sa.String(length=10), nullable=False, comment="invite, reset or sign-in"),
        sa.Column("expires_at", dialect.Instant(), nullable=False),
        sa.Column("used_at", dialect.Instant(), nullable=True),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.id"], name=op.f("fk_ticket_operator_id")),
        sa.PrimaryKeyConstraint("uid", name=op.f("pk_ticket")),
    )
    op.create_table(
        "form_version",
        sa.Column("id", KEY, nullable=False),
        sa.Column("form_id", KEY, nullable=False),
        sa.Column("number", KEY, nullable=False),
        sa.Column("content", dialect.Json(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("wording_hash", sa.String(length=64), nullable=False),
        sa.Column("operator_id", KEY, nullable=True),
        sa.Column("created_at", dialect.Instant(), server_default=dialect.now(), nullable=False),
        sa.ForeignKeyConstraint(["form_id"], ["form.id"], name=op.f("fk_form_version_form_id")),
        sa.ForeignKeyConstraint(["hash"], ["snapshot.hash"], name=op.f("fk_form_version_hash")),
        sa.ForeignKeyConstraint(["wording_hash"], ["snapshot.hash"], name=op.f("fk_form_version_wording_hash")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_form_version")),
        sa.UniqueConstraint("form_id", "number", name=op.f("uq_form_version_form_id_number")),
    )
    op.create_table(
        "signup",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("form_id", KEY, nullable=False),
        sa.Column("form_version_id", KEY, nullable=False),
        sa.Column("list_id", KEY, nullable=False),
        sa.Column("contact_id", KEY, nullable=False),
        sa.Column("subscription_id", KEY, nullable=False),
        sa.Column(
            "handle",
            sa.String(length=32),
            nullable=False,
            comment="keyed hash of list and address: finds it for a typed code",
        ),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("answers", dialect.Json(), nullable=False),
        sa.Column("source", dialect.Json(), nullable=False, comment="page, referrer, utm, placement"),
        sa.Column("method", sa.String(length=20), nullable=False),
        sa.Column("ip", sa.String(length=45), nullable=True),
        sa.Column("agent", sa.String(length=300), nullable=True),
        sa.Column("code_hash", sa.String(length=32), nullable=True),
        sa.Column("code_tries", KEY, nullable=False),
        sa.Column("code_until", dialect.Instant(), nullable=True),
        sa.Column("expires_at", dialect.Instant(), nullable=False),
        sa.Column("created_at", dialect.Instant(), server_default=dialect.now(), nullable=False),
        sa.Column(
            "viewed_at",
            dialect.Instant(),
            nullable=True,
            comment="first look at the confirmation page, a scanner's too",
        ),
        sa.Column("confirmed_at", dialect.Instant(), nullable=True),
        sa.Column("downloads", KEY, nullable=False),
        sa.Column("download_until", dialect.Instant(), nullable=True),
        sa.CheckConstraint("state IN ('pending', 'confirmed', 'repeated', 'disowned')", name=op.f("ck_signup_state")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_signup_contact_id")),
        sa.ForeignKeyConstraint(["form_id"], ["form.id"], name=op.f("fk_signup_form_id")),
        sa.ForeignKeyConstraint(["form_version_id"], ["form_version.id"], name=op.f("fk_signup_form_version_id")),
        sa.ForeignKeyConstraint(["list_id"], ["mailing_list.id"], name=op.f("fk_signup_list_id")),
        sa.ForeignKeyConstraint(["subscription_id"], ["subscription.id"], name=op.f("fk_signup_subscription_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signup")),
        sa.UniqueConstraint("uid", name=op.f("uq_signup_uid")),
        sqlite_autoincrement=True,  # proof names its ids: none is given out twice
    )
    op.create_index("ix_signup_contact_id_id", "signup", ["contact_id", "id"], unique=False)
    op.create_index("ix_signup_handle_id", "signup", ["handle", "id"], unique=False)
    op.create_index("ix_signup_state_expires_at", "signup", ["state", "expires_at"], unique=False)
    _create_guards()


def downgrade() -> None:
    _drop_guards()
    op.drop_index("ix_signup_state_expires_at", table_name="signup")
    op.drop_index("ix_signup_handle_id", table_name="signup")
    op.drop_index("ix_signup_contact_id_id", table_name="signup")
    op.drop_table("signup")
    op.drop_table("form_version")
    op.drop_table("ticket")
    op.drop_index("ix_subscription_list_id_state_id", table_name="subscription")
    op.drop_table("subscription")
    op.drop_index(op.f("ix_operator_session_operator_id"), table_name="operator_session")
    op.drop_table("operator_session")
    op.drop_index("ix_message_state_id", table_name="message")
    op.drop_index(
        "ix_message_leased",
        table_name="message",
        postgresql_where=sa.text("state IN ('claimed', 'handed')"),
        sqlite_where=sa.text("state IN ('claimed', 'handed')"),
    )
    op.drop_index(
        "ix_message_due",
        table_name="message",
        postgresql_where=sa.text("state IN ('ready', 'retry')"),
        sqlite_where=sa.text("state IN ('ready', 'retry')"),
    )
    op.drop_index("ix_message_contact_id", table_name="message")
    op.drop_table("message")
    op.drop_index(op.f("ix_form_list_id"), table_name="form")
    op.drop_table("form")
    op.drop_table("export_run")
    op.drop_index("ix_tally_measure_day", table_name="tally")
    op.drop_index("ix_tally_folded", table_name="tally")
    op.drop_table("tally")
    op.drop_table("suppression")
    op.drop_table("snapshot")
    op.drop_table("relay")
    op.drop_table("operator")
    op.drop_table("mailing_list")
    op.drop_table("limit_counter")
    op.drop_table("lead_magnet")
    op.drop_index("ix_event_contact_id_at", table_name="event")
    op.drop_table("event")
    op.drop_index("ix_contact_standing_id", table_name="contact")
    op.drop_index("ix_contact_name_key", table_name="contact", postgresql_ops={"name_key": "text_pattern_ops"})
    op.drop_index(op.f("ix_contact_created_at"), table_name="contact")
    op.drop_index(
        "ix_contact_address_key_prefix", table_name="contact", postgresql_ops={"address_key": "text_pattern_ops"}
    )
    op.drop_table("contact")
    op.drop_index("ix_consent_event_contact_id_id", table_name="consent_event")
    op.drop_table("consent_event")
    op.drop_table("beat")
    op.drop_index(op.f("ix_audit_entry_operator_id"), table_name="audit_entry")
    op.drop_index("ix_audit_entry_at", table_name="audit_entry")
    op.drop_table("audit_entry")


def _create_guards() -> None:
    """Refuse every change of proof, but for blanking the personal payload of a consent event."""
    header = [column.name for column in sa.Table("consent_event", sa.MetaData(), autoload_with=op.get_bind()).columns]
    same = " AND ".join(f"NEW.{name} IS NOT DISTINCT FROM OLD.{name}" for name in header if name not in PAYLOAD)
    blank = " AND ".join(f"NEW.{name} IS NULL" for name in PAYLOAD)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
        )
        op.execute(
            "CREATE TRIGGER consent_event_guard BEFORE UPDATE ON consent_event FOR EACH ROW"
            f" WHEN (NOT ({same} AND {blank})) EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            "CREATE TRIGGER consent_event_stays BEFORE DELETE ON consent_event"
            " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        for table in IMMUTABLE:
            op.execute(
                f"CREATE TRIGGER {table}_guard BEFORE UPDATE OR DELETE ON {table}"
                " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
            )
        return
    same = same.replace("IS NOT DISTINCT FROM", "IS")
    refuse = "BEGIN SELECT RAISE(ABORT, 'append-only'); END"
    op.execute(
        f"CREATE TRIGGER consent_event_guard BEFORE UPDATE ON consent_event WHEN NOT ({same} AND {blank}) {refuse}"
    )
    op.execute(f"CREATE TRIGGER consent_event_stays BEFORE DELETE ON consent_event {refuse}")
    for table in IMMUTABLE:
        op.execute(f"CREATE TRIGGER {table}_guard BEFORE UPDATE ON {table} {refuse}")
        op.execute(f"CREATE TRIGGER {table}_stays BEFORE DELETE ON {table} {refuse}")


def _drop_guards() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_change() CASCADE")
        return
    for name in (
        "consent_event_guard",
        "consent_event_stays",
        *(f"{t}_{end}" for t in IMMUTABLE for end in ("guard", "stays")),
    ):
        op.execute(f"DROP TRIGGER {name}")
