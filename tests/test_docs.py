"""The docs say what is there: every setting, every command, every link; and the README's commands work."""

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from flask import Flask

from signup.admin.help import help_pages
from signup.cli.functions import FUNCTIONS
from signup.cli.main import main
from signup.ground.config import Settings
from signup.ground.errors import SettingError
from signup.ground.i18n import DEFAULT, OPERATOR_LANGUAGES
from tests.services import free_port

ROOT = Path(__file__).parent.parent
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("folder", ["", *sorted(OPERATOR_LANGUAGES.keys() - {DEFAULT})])
def test_every_setting_is_documented_with_its_default(folder: str) -> None:
    page = (ROOT / "docs" / folder / "configuration.md").read_text()
    rows = dict(re.findall(r"^\| `([A-Z_]+)` \| (.+?) \|", page, re.MULTILINE))
    assert rows.keys() == {name.upper() for name in Settings.model_fields}
    for name, field in Settings.model_fields.items():
        if isinstance(field.default, int) and not isinstance(field.default, bool):
            assert rows[name.upper()] == f"`{field.default}`", name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?://)([^)#]+)\)", page.read_text()):
        assert (page.parent / target).exists(), target


def test_every_command_has_help_and_is_named_in_the_changes() -> None:
    changes = (ROOT / "CHANGELOG.md").read_text()
    context = click.Context(main)
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        assert command, name
        assert command.help, name
        assert f"`{name}`" in changes, name
        if isinstance(command, click.Group):
            assert all(one.help for one in command.commands.values()), name


def test_every_function_has_its_page_its_verb_and_its_place_in_the_docs(app: Flask) -> None:
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules() if not rule.arguments}
    for one in FUNCTIONS:
        assert one.page in endpoints, one
        page, _hash, anchor = one.docs.partition("#")
        with app.test_request_context():
            assert anchor in help_pages.read(page).anchors, one
        found: click.Command = main
        for word in one.verb.split():
            assert isinstance(found, click.Group), one
            verb = found.get_command(click.Context(found), word)
            assert verb, one
            found = verb
    done = CliRunner().invoke(main, ["functions"], obj=lambda: app)
    assert "/admin/contacts/duplicates" in done.stdout


def test_an_export_loads_no_door_and_no_broker() -> None:
    asked = "import signup.ground.bare_app; from signup.cli.main import VERBS; resolve_name(VERBS['export'])"
    heavy = "{'signup.admin', 'signup.visitor', 'signup.service', 'alembic', 'dramatiq', 'redis'}"
    program = f"import sys; from pkgutil import resolve_name; {asked}; print(*{heavy} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )  # our own
    assert done.stdout == "\n"


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a small installation of its own."""
    var = tmp_path_factory.mktemp("var")
    environment = {
        "SIGNUP_VAR": str(var),
        "SIGNUP_SMTP_PORT": str(free_port()),
        "PATH": "/usr/bin:/bin",
        "HOME": str(var),
    }
    assert _signup(environment, "migrate").returncode == 0
    return environment


def _signup(console: dict[str, str], *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "signup", *words]
    return subprocess.run(
        command, cwd=ROOT, env=console | more, capture_output=True, text=True, check=False, timeout=60
    )


def test_the_readmes_commands_exist_and_take_what_is_shown(console: dict[str, str]) -> None:
    shown = re.findall(r"^\.venv/bin/signup (.+)$", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert len(shown) >= 8
    assert _signup(console, "operator", "invite", "you@example.org", "--role", "administrator").stdout.startswith(
        "http://"
    )
    for line in shown:
        words = line.split()
        command: click.Command = main
        while isinstance(command, click.Group) and words:
            verb = command.get_command(click.Context(command), words.pop(0))
            assert verb, line
            command = verb
        command.make_parser(click.Context(command)).parse_args(list(words))


WRONG = {
    "BROKER_URL": "kafka://secret",
    "SMTP_URL": "http://secret",
    "PUBLIC_URL": "signup.example.org",
    "SECRET_KEYS": "secret",
    "SIGNUP_PORT": "80000",
    "TRUSTED_PROXIES": "many",
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_setting_is_told_by_its_name_and_without_its_value(name: str) -> None:
    with pytest.raises(SettingError, match=name) as told:
        Settings.from_environment({name: WRONG[name]})
    assert "secret" not in str(told.value).replace("SECRET_KEYS", "")


def test_a_wrong_setting_stops_the_start(console: dict[str, str]) -> None:
    done = _signup(console, "form", "list", DATABASE_URL="mysql://x:secret@y/z")
    assert (done.returncode, "DATABASE_URL" in done.stderr, "secret" in done.stderr) == (1, True, False)


def test_a_secret_may_come_from_a_file(console: dict[str, str], tmp_path: Path) -> None:
    secret = tmp_path / "keys"
    secret.write_text("a-key-from-a-file-that-is-long-enough-to-sign\n")
    assert _signup(console, "form", "list", "--json", SECRET_KEYS_FILE=str(secret)).stdout == "[]\n"
    missing = _signup(console, "form", "list", SECRET_KEYS_FILE=str(tmp_path / "none"))
    assert (missing.returncode, "SECRET_KEYS_FILE" in missing.stderr) == (1, True)


def test_the_doctor_names_what_is_wrong_and_exits_with_one(console: dict[str, str]) -> None:
    done = _signup(console, "doctor", "--json")
    assert done.returncode == 1
    assert "mail relay" in done.stdout
    assert "signup run" in done.stdout
