"""`python3 dev.py mutants ROOM`: changes a room a little, many times, and asks the tests whether they notice.

First the tests run once, to learn which of them enter which function (kept in `.mutants.json`). Then each change of a
random sample is tried in a process of its own, which imports the changed file and runs the tests that enter the changed
function until one fails: on SQLite, then on PostgreSQL where none did. Nothing is written to the sources.
"""

import argparse
import ast
import importlib
import json
import os
import random
import re
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Generator, Iterator
from functools import cache
from importlib.machinery import SourceFileLoader
from itertools import zip_longest
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, NamedTuple

import pytest

from tests.mutations import mutations

ROOT = Path(__file__).resolve().parents[1]
MAP = ROOT / ".mutants.json"
QUIET = ["-x", "-q", "-p", "no:cacheprovider"]
LEFT_OUT = ["tests/test_wheel.py", "tests/test_docs.py", "tests/test_translations.py"]
QUICKER = ["-m", "not browser and not faults and not crossed", "-k", "not postgresql"]
LONG = 600.0
"""After how many seconds a change counts as noticed: it runs for ever."""
QUICK, MANY_QUICK = 0.1, 150
"""Tests that take less than this many seconds are met first, and so many of them beside the others."""
BROKEN = 70
"""What a process answers that failed before its tests did."""
LIBRARIES = """alembic.command aiosmtpd.controller cryptography.x509 dns.resolver dramatiq email_validator fido2.server
    flask_migrate flask_sqlalchemy flask_wtf markdown_it phonenumbers prometheus_client psycopg pydantic
    pyotp rapidfuzz redis rich segno sqlalchemy.dialects.postgresql sqlalchemy.dialects.sqlite structlog xlsxwriter
"""
"""Imported once, before the processes part: whatever is not ours."""
_ENGINE = re.compile(r"(?<=[\[-])sqlite(?=[\]-])")
Entered = dict[str, tuple[float, list[tuple[str, int]]]]
"""By test, its seconds and the functions that it enters, by file and first line."""


class Mutant(NamedTuple):
    """The nth change of a file, within the lines of a function or of the whole file."""

    file: str
    number: int
    line: int
    what: str
    within: tuple[int, int] | None


class Watch:
    """A plugin of pytest that notes which functions each test enters, in whatever thread."""

    def __init__(self) -> None:
        self.entered: Entered = {}
        self._now: set[tuple[str, int]] = set()
        self._known: dict[CodeType, tuple[str, int] | None] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        self._now.clear()
        started = time.monotonic()
        sys.settrace(self._note)
        threading.settrace(self._note)
        result = yield
        sys.settrace(None)
        self.entered[item.nodeid] = (round(time.monotonic() - started, 3), sorted(self._now))
        return result

    def pytest_sessionfinish(self) -> None:
        MAP.write_text(json.dumps(self.entered))

    def _note(self, frame: FrameType, _event: str, _argument: object) -> None:
        code = frame.f_code
        if code not in self._known:
            file = code.co_filename.removeprefix(f"{ROOT}/")
            is_ours = file.startswith("signup/") and code.co_name != "<module>"
            self._known[code] = (file, code.co_firstlineno) if is_ours else None
        if place := self._known[code]:
            self._now.add(place)


def main() -> int:
    asked = argparse.ArgumentParser(prog="dev.py mutants", description="Whether the tests notice a small change.")
    asked.add_argument("room", nargs="+", help="a room or file below signup/")
    asked.add_argument("--sample", type=int, default=60, help="how many changes are tried")
    asked.add_argument("--seed", type=int, default=1, help="which ones: the same seed draws the same")
    asked.add_argument("--line", type=int, help="every change in this line instead")
    asked.add_argument(
        "--tests", type=int, default=40, help="how many tests that are not quick a change meets on each engine"
    )
    asked.add_argument("--watch", action="store_true", help="learn anew which test enters which function")
    given = asked.parse_args()
    if given.watch or not MAP.exists():
        left_out = [f"--ignore={path}" for path in LEFT_OUT]
        _in_child(lambda: pytest.main(["-q", *QUICKER, *left_out, "tests"], plugins=[Watch()]), 3600)
    entered: Entered = json.loads(MAP.read_text())
    for name in LIBRARIES.split():
        importlib.import_module(name)
    found = [mutant for room in given.room for mutant in _mutants_of(ROOT / "signup" / room)]
    if given.line:
        found = [mutant for mutant in found if mutant.line == given.line]
    else:
        found = random.Random(given.seed).sample(found, min(given.sample, len(found)))
    tests = [test for mutant in found[:3] for test in _tests_for(mutant, entered, given.tests)]
    if tests and _is_noticed(found[0], [*QUIET, *tests], is_changed=False):
        print("A test fails without a change: what is noticed would tell nothing.", file=sys.stderr)
        return 1
    survived = 0
    for mutant in sorted(found):
        outcome = _try(mutant, _tests_for(mutant, entered, given.tests))
        survived += outcome == "SURVIVED"
        print(f"{outcome:10} {mutant.file}:{mutant.line} #{mutant.number}  {mutant.what}", flush=True)
    print(f"{len(found)} changes, {survived} survived")
    return 0


def _mutants_of(place: Path) -> Iterator[Mutant]:
    for path in [place] if place.is_file() else sorted(place.rglob("*.py")):
        tree = ast.parse(path.read_text())
        functions = [*_functions(tree)]
        for number, found in enumerate(mutations(tree)):
            within = next((lines for lines in functions if lines[0] <= found.line <= lines[1]), None)
            yield Mutant(str(path.relative_to(ROOT)), number, found.line, found.what, within)


def _functions(tree: ast.Module) -> Iterator[tuple[int, int]]:
    """The first and last line of each function and method."""
    classes = [each for each in tree.body if isinstance(each, ast.ClassDef)]
    for node in [*tree.body, *(inner for each in classes for inner in each.body)]:
        if isinstance(node, ast.FunctionDef):
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            yield first, node.end_lineno or first


def _tests_for(mutant: Mutant, entered: Entered, many: int) -> list[str]:
    """The quick tests that enter the function, and `many` others that do. Where there are not so many, also tests that
    enter its file, or a file that imports it.
    """
    importing = _importing(mutant.file)
    near: list[str] = []
    far: list[str] = []
    for test, (_, places) in entered.items():
        first, last = mutant.within or (0, 0)
        if any(file == mutant.file and first <= line <= last for file, line in places):
            near.append(test)
        elif any(file in importing for file, _ in places):
            far.append(test)
    quick = [test for test in near if entered[test][0] < QUICK]
    others = [*_in_turns(near, entered), *_in_turns(far, entered)][:many]
    return list(dict.fromkeys([*quick[:MANY_QUICK], *others]))


def _importing(file: str) -> set[str]:
    """The file itself and all that import from it."""
    module = file.removesuffix(".py").replace("/", ".")
    return {file, *(path for path, names in _imports().items() if module in names)}


@cache
def _imports() -> dict[str, set[str]]:
    """By file, whatever it imports a name from, and each name, which may be a module."""
    found: dict[str, set[str]] = {}
    for path in (ROOT / "signup").rglob("*.py"):
        imports = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom)]
        names = {f"{node.module}.{name.name}" for node in imports for name in node.names}
        found[str(path.relative_to(ROOT))] = names | {str(node.module) for node in imports}
    return found


def _in_turns(tests: list[str], entered: Entered) -> list[str]:
    """The quickest test of each file, then the next one of each: a few of them meet the code from many sides."""
    files: dict[str, list[str]] = {}
    for test in sorted(tests, key=lambda test: entered[test][0]):
        files.setdefault(test.split("::")[0], []).append(test)
    return [test for turn in zip_longest(*files.values()) for test in turn if test]


def _try(mutant: Mutant, tests: list[str]) -> str:
    if not tests:
        return "SURVIVED"
    if _is_noticed(mutant, [*QUIET, *tests]):
        return "noticed"
    # By their names alone: not every test that ran on SQLite has a twin on PostgreSQL.
    others = sorted({test.partition("[")[0] for test in tests if _ENGINE.search(test)})
    on_postgresql = [*QUIET, "-k", "postgresql", *others]
    return "PostgreSQL" if others and _is_noticed(mutant, on_postgresql) else "SURVIVED"


def _is_noticed(mutant: Mutant, arguments: list[str], *, is_changed: bool = True) -> bool:
    """Whether a test fails in a process in which the file is changed."""

    def run() -> int:
        path = ROOT / mutant.file
        tree = ast.parse(path.read_text())
        if is_changed:
            [*mutations(tree)][mutant.number].apply()
        changed = compile(ast.fix_missing_locations(tree), str(path), "exec")
        real = SourceFileLoader.get_code

        def get_code(self: SourceFileLoader, name: str) -> CodeType | None:
            return changed if self.path == str(path) else real(self, name)

        SourceFileLoader.get_code = get_code  # type: ignore[method-assign,assignment]
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        try:
            return pytest.main(arguments)
        except pytest.PytestUnraisableExceptionWarning:  # raised at the end: a connection that nobody closed
            return pytest.ExitCode.TESTS_FAILED

    code = _in_child(run, LONG)
    if code == BROKEN:
        raise RuntimeError(f"{mutant} cannot be tried")
    return code not in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}


def _in_child(work: Callable[[], int], seconds: float) -> int:
    """What a process of its own answers, or -1 when it takes too long."""
    child = os.fork()
    if not child:
        os.setsid()
        code = BROKEN
        try:
            code = int(work())
        except BaseException:  # noqa: BLE001  # the process ends here, whatever it was
            traceback.print_exc()
        os._exit(code)
    until = time.monotonic() + seconds
    try:
        while time.monotonic() < until:
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.05)
    except KeyboardInterrupt:
        os.killpg(child, signal.SIGKILL)
        raise
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return -1


if __name__ == "__main__":
    sys.exit(main())
