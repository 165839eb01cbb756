"""What the console says where the database does not work: the cause and what to do, and no traceback."""

from pathlib import Path

from click.testing import CliRunner

from signup.app import create_app
from signup.cli.main import main
from signup.ground.config import Settings
from signup.ground.db import close_connections
from tests.shared_app import KEY


def test_an_empty_or_broken_database_is_told_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "signup.db"
    for content, told in ((b"", "run `signup migrate`"), (b"no database at all, only text" * 100, "restore a backup")):
        path.write_bytes(content)
        app = create_app(Settings.from_environment({"SIGNUP_VAR": str(tmp_path), "SECRET_KEYS": KEY}))
        said = CliRunner().invoke(main, ["form", "list"], obj=lambda app=app: app)
        with app.app_context():
            close_connections()
        assert said.exit_code == 1
        assert told in said.output
        assert "Traceback" not in said.output
        assert len(said.output.splitlines()) == 1
