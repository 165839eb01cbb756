"""The files that nothing imports: the image, the composition, the locks, and the two doors to the suite."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from signup.ground.config import Settings

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
# What a person may start dev.py with by mistake must still read far enough to say so.
OLDEST_TO_PARSE = (3, 8)
# Whoever installs chooses the registry; a lock only says which bytes must come.
ADDRESS = re.compile(r"https?://|file:|--(extra-)?index-url|--find-links")


def call(*command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_hadolint_finds_nothing_in_the_dockerfile() -> None:
    found = call(BIN / "hadolint", "Dockerfile")
    assert (found.returncode, found.stdout) == (0, "")


def test_the_composition_fits_its_specification() -> None:
    found = call(BIN / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", "compose.yaml")
    assert found.returncode == 0, found.stdout


def test_the_builder_is_sent_what_the_dockerfile_copies() -> None:
    sent = re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    copies = re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert sorted(sent) == sorted(word for line in copies for word in line.split())
    assert [name for name in sent if not (ROOT / name).exists()] == []


def test_every_secret_of_the_composition_stays_out_of_git() -> None:
    files = re.findall(r"file: \./(\S+?)}", (ROOT / "compose.yaml").read_text())
    assert len(files) == 4
    assert all(name.startswith("secrets/") for name in files)
    assert "/secrets/" in (ROOT / ".gitignore").read_text().splitlines()


def test_the_composition_takes_every_setting_or_gives_it_itself() -> None:
    text = (ROOT / "compose.yaml").read_text()
    given = set(re.findall(r"^    ([A-Z_]+):", text.partition("services:")[0], re.MULTILINE))
    names = {name.upper() for name in Settings.model_fields}
    of_the_image = {"SIGNUP_VAR", "SIGNUP_HOST", "SIGNUP_PORT", "STORAGE_URL"}
    of_run_only = {"SIGNUP_DEMO_PORT", "SIGNUP_MAIL_PORT", "SIGNUP_SMTP_PORT"}
    assert {name.removesuffix("_FILE") for name in given} == names - of_the_image - of_run_only
    assert all(f"{name}: ${{{name}:-" in text for name in given if name in names - {"PUBLIC_URL", "BROKER_URL"})
    assert "TRUSTED_PROXIES: ${TRUSTED_PROXIES:-1}" in text
    assert "/.env" in (ROOT / ".gitignore").read_text().splitlines()


def test_a_setting_left_empty_by_the_composition_is_the_default() -> None:
    empty = {name.upper(): "" for name in Settings.model_fields} | {"SECRET_KEYS": "k" * 32}
    assert Settings.from_environment(empty) == Settings.from_environment({"SECRET_KEYS": "k" * 32})


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_names_no_address_and_hashes_every_package(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert not ADDRESS.search(text)
    packages = re.findall(r"^[a-z0-9].*$", text, re.MULTILINE)
    assert packages
    assert [line for line in packages if "==" not in line or not line.endswith("\\")] == []
    assert text.count("\\\n    --hash=sha256:") >= len(packages)


def test_what_runs_is_what_was_tested() -> None:
    run, dev = (
        set(re.findall(r"^([a-z0-9][^ ;]*==[^ ;]+)", (ROOT / lock).read_text(), re.MULTILINE))
        for lock in ("requirements.lock", "requirements-dev.lock")
    )
    assert run
    assert run <= dev


def test_the_ci_script_is_executable_bash() -> None:
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    assert call("bash", "-n", ".ci/run").returncode == 0


def test_dev_py_needs_the_standard_library_only() -> None:
    tree = ast.parse((ROOT / "dev.py").read_text(), feature_version=OLDEST_TO_PARSE)
    imported = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in imported} <= sys.stdlib_module_names


def test_dev_py_without_a_command_says_what_it_can_do() -> None:
    asked = call(sys.executable, "dev.py", "--help")
    assert (asked.returncode, asked.stderr) == (0, "")
    mistaken = call(sys.executable, "dev.py", "tset")
    assert (mistaken.returncode, mistaken.stdout) == (2, "")
    assert mistaken.stderr == asked.stdout
    assert all(command in asked.stdout for command in ("run", "test", "lint", "lock"))
