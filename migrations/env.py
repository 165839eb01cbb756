"""Alembic's environment: the application's own engine and metadata, one transaction for each migration."""

from alembic import context
from flask import current_app

from signup.audience.search_entry import TRIGRAMS
from signup.ground.db import Base

engine = current_app.extensions["migrate"].db.engine


def run() -> None:
    """Apply the migrations on one connection; SQLite copies tables it cannot alter (batch mode)."""
    with engine.connect().execution_options(writes=True) as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=engine.dialect.name == "sqlite",
            compare_server_default=False,
            user_module_prefix="dialect.",
            transaction_per_migration=True,
            include_name=lambda name, _kind, _parents: name != TRIGRAMS,  # which a worker makes
        )
        with context.begin_transaction():
            context.run_migrations()


run()
