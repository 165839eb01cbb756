"""The developer's door, standard library only: makes .venv, installs the lock, hands over.

`python3 dev.py run` starts everything on this machine; `python3 dev.py test` checks everything, as CI does.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NoReturn

USAGE = """\
usage: python3 dev.py <command> [arguments]

  run   [arguments]         start web, worker and mail catcher with demo data (arguments go to `signup run`)
  test  [pytest arguments]  lint, types, floors, then all tests; --fast: what a minute tells; --long: in full length;
                            with a path or -k, only those tests and no lint
  lint                      the checks of `test` without its tests
  mutants ROOM [options]    change a room a little, many times: do the tests notice? (docs/test-suite.md)
  lock  [--upgrade]         write both requirements locks anew from pyproject.toml
  words [options]           bring the catalogues of translations up to date (see babel.cfg)
  reference                 make the tables of signup/checks/reference anew (needs npm and the registries)
"""
OLDEST = (3, 11)
ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / "bin"
PYTHON = BIN / "python"
RUN_LOCK = ROOT / "requirements.lock"
DEV_LOCK = ROOT / "requirements-dev.lock"
PROJECT = ROOT / "pyproject.toml"


def main(arguments: list[str]) -> int:
    if sys.version_info < OLDEST:
        needed = ".".join(map(str, OLDEST))
        return complain(f"Python {needed} or newer is needed, this is {sys.version.split()[0]}.")
    os.chdir(ROOT)
    commands = {"run": run, "test": test, "lint": lint, "mutants": mutants, "lock": lock}
    commands |= {"words": words, "reference": reference}
    name, rest = (arguments[0], arguments[1:]) if arguments else ("", [])
    if name in commands:
        try:
            return commands[name](rest)
        except subprocess.CalledProcessError as failed:
            return complain(f"failed with exit code {failed.returncode}: {shlex.join(failed.cmd)}")
        except KeyboardInterrupt:
            return 130
    print(USAGE, end="", file=sys.stdout if name in {"-h", "--help", "help"} else sys.stderr)
    return 0 if name in {"-h", "--help", "help"} else 2


# The commands


def run(arguments: list[str]) -> int:
    prepare(RUN_LOCK)
    return hand_over([str(PYTHON), "-m", "signup", "run", *arguments])


def test(arguments: list[str]) -> int:
    prepare(DEV_LOCK)
    # A path, or the word after -k or -m: somebody is at work on those tests and waits for nothing else.
    names_tests = any(not argument.startswith("-") for argument in arguments)
    if not names_tests and (red := check()):
        return red
    headline("pytest")
    # Compiled files are kept whatever the environment says: hundreds would be compiled anew, in every process.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    # A worker more than processors: some wait for processes and browsers. More would crowd PostgreSQL's connections.
    # The last words are pytest's own summary.
    workers = [] if names_tests else ["-n", str((os.cpu_count() or 1) + 1), "--dist", "worksteal", "--turns"]
    return hand_over([str(PYTHON), "-m", "pytest", *workers, *arguments])


def lint(_arguments: list[str]) -> int:
    prepare(DEV_LOCK)
    return check()


def mutants(arguments: list[str]) -> int:
    prepare(DEV_LOCK)
    return hand_over([str(PYTHON), "-m", "tests.mutants", *arguments])


def lock(arguments: list[str]) -> int:
    """Both locks hold hashes for every platform and name no registry, so plain pip installs them anywhere."""
    uv = shutil.which("uv") or str(BIN / "uv")
    if not Path(uv).exists():
        # Not `prepare`: a lock that is being replaced may lack what builds the project.
        if not PYTHON.exists():
            make_venv()
        shell(str(PYTHON), "-m", "pip", "install", "--quiet", "uv")
    form = ["--universal", "--python-version", ".".join(map(str, OLDEST))]
    form += ["--generate-hashes", "--no-header", "--quiet", *arguments]
    compile_ = [uv, "pip", "compile", PROJECT.name, *form]
    shell(*compile_, "--group", "run", "-o", RUN_LOCK.name)
    # The second may only add to the first: what is tested is what runs.
    shell(*compile_, "--group", "dev", "-c", RUN_LOCK.name, "-o", DEV_LOCK.name)
    return 0


def words(arguments: list[str]) -> int:
    prepare(DEV_LOCK)
    return hand_over([str(PYTHON), "-m", "translations.words", *arguments])


def reference(_arguments: list[str]) -> int:
    """The packages go to a folder that is thrown away: what runs reads only the tables made of them."""
    build = ROOT / "reference"
    with tempfile.TemporaryDirectory() as folder:
        venv, npm = Path(folder) / "venv", Path(folder) / "npm"
        shell(sys.executable, "-m", "venv", str(venv))
        install = [str(venv / "bin" / "python"), "-m", "pip", "install", "--quiet"]
        shell(*install, "-r", str(build / "sources.txt"))
        wanted = (build / "sources.npm.txt").read_text().split()
        npm.mkdir()
        shell("npm", "install", "--silent", "--ignore-scripts", "--omit=dev", "--prefix", str(npm), *wanted)
        out = ROOT / "signup" / "checks" / "reference"
        shell(str(venv / "bin" / "python"), "-m", "reference.build", str(npm / "node_modules"), str(out))
    return 0


# The checks, cheapest first; the first red one ends the run


def check() -> int:
    checks = {
        "ruff check": ["ruff", "check"],
        "ruff format --check": ["ruff", "format", "--check"],
        "mypy --strict": ["mypy"],
        "lint-imports": ["lint-imports", "--no-logo"],
    }
    for title, (program, *arguments) in checks.items():
        headline(title)
        flush()
        started = time.monotonic()
        code = subprocess.run([BIN / program, *arguments], check=False).returncode
        if code:
            headline(f"{title}: FAILED")
            return code
        print(f"{title}: ok, {time.monotonic() - started:.1f} s")
    return 0


# The environment


def prepare(lock_file: Path) -> None:
    """Make .venv hold exactly what the lock says; nothing is done when it already does."""
    if not PYTHON.exists():
        make_venv()
    if not is_installed(lock_file):
        # An interrupted or hand-made venv may have no pip.
        if subprocess.run([PYTHON, "-c", "import pip"], check=False, stderr=subprocess.DEVNULL).returncode:
            make_venv()
        say(f"installing {lock_file.name} …")
        pip("install", "--require-hashes", "-r", lock_file.name)
        stamp(lock_file).write_text(digest(lock_file))
    if not is_installed(PROJECT):
        pip("install", "--no-deps", "--no-build-isolation", "--editable", ".")
        stamp(PROJECT).write_text(digest(PROJECT))


def make_venv() -> None:
    if not can_make_venv():
        install_venv_package()
    say(f"making .venv with Python {sys.version.split()[0]} …")
    # Started from inside a venv, this takes the interpreter beneath it, which --clear cannot delete.
    interpreter = getattr(sys, "_base_executable", sys.executable)
    shell(interpreter, "-m", "venv", "--clear", str(VENV))


def can_make_venv() -> bool:
    importlib.invalidate_caches()
    return all(importlib.util.find_spec(name) for name in ("ensurepip", "venv"))


def install_venv_package() -> None:
    """Debian ships Python without ensurepip; its package is fetched where we may."""
    # The default interpreter's package by its plain name, any other's by its version.
    by_default = Path("/usr/bin/python3").resolve() == Path(sys.executable).resolve()
    package = "python3-venv" if by_default else f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    install = ["apt-get", "install", "--yes", "--no-install-recommends", package]
    as_root = ["sudo"] if os.geteuid() else []
    may_ask = not as_root or (sys.stdin.isatty() and shutil.which("sudo"))
    if shutil.which("apt-get") and may_ask:
        say(f"this Python has no venv: installing {package} …")
        shell(*as_root, "apt-get", "update", "-qq")
        shell(*as_root, *install)
    if not can_make_venv():
        complain(f"this Python cannot make a virtual environment: {package} is missing. Please type:")
        print(f"\n    {shlex.join([*as_root, *install])}\n", file=sys.stderr)
        sys.exit(1)


def is_installed(source: Path) -> bool:
    # The dev lock holds all of the run lock: having run the tests, `run` need not install again.
    sources = [source, DEV_LOCK] if source == RUN_LOCK else [source]
    return any(stamp(each).exists() and stamp(each).read_text() == digest(each) for each in sources)


def stamp(source: Path) -> Path:
    return VENV / f"installed-{source.name}"


def digest(source: Path) -> str:
    return hashlib.sha256(source.read_bytes()).hexdigest()


def pip(*arguments: str) -> None:
    shell(str(PYTHON), "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments)


def hand_over(command: list[str]) -> NoReturn:
    """Replaces this process, so that a signal sent to it reaches the program itself."""
    flush()
    os.execv(command[0], command)  # noqa: S606 - no shell is the point


def shell(*command: str) -> None:
    flush()
    subprocess.run(command, check=True)


# What is said


def headline(text: str) -> None:
    print(f"\n── {text} ".ljust(80, "─"))


def say(text: str) -> None:
    print(f"dev.py: {text}", file=sys.stderr)


def complain(text: str) -> int:
    say(text)
    return 1


def flush() -> None:
    # What we said comes before what the started program says, also into a pipe.
    sys.stdout.flush()
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
