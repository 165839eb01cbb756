"""Which tests run: all, with `--turns` one engine for most, with `--fast` those that a minute has room for."""

import zlib
from pathlib import Path

import pytest

from tests.databases import ENGINES

CROSSED = ["redis-postgresql", "database-sqlite"]
"""Pairs of store and engine that slow tests leave to `--long`: the others give each store and each engine a turn."""
NO_TURNS = ["both_engines", "one_engine", "crossed"]
"""Markers of the tests that do not take turns."""
SLOW = ["browser", "faults", "crossed"]
"""Markers of the tests that `--fast` leaves out."""
SLOW_TESTS = Path(__file__).parent / "slow_tests.txt"
"""The tests that took longer than `LONG` seconds when `--note-slow` last ran, a name a line."""
LONG = 0.15


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="run what takes long, and the fault suite in full length")
    parser.addoption("--turns", action="store_true", help="one engine for each test whose SQL both understand alike")
    parser.addoption("--note-slow", action="store_true", help="write the names of slow tests to tests/slow_tests.txt")
    parser.addoption("--fast", action="store_true", help="leave out PostgreSQL, browsers and all that is slow")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    is_fast, is_long = config.getoption("--fast"), config.getoption("--long")
    waiting = {item for item in items if config.getoption("--turns") and not is_long and _is_others_turn(item)}
    known = frozenset(SLOW_TESTS.read_text().splitlines())
    left_out = {item for item in items if _is_needless(item) or (is_fast and _is_slow(item, known))} | waiting
    config.hook.pytest_deselected(items=list(left_out))
    items[:] = _spread([item for item in items if item not in left_out], _workers(config))
    for item in items:
        crossed = item.get_closest_marker("crossed") and any(pair in item.nodeid for pair in CROSSED)
        if crossed and not is_long:
            item.add_marker(pytest.mark.skip(reason="this store with this engine: --long"))
        if item.get_closest_marker("long") and not is_long:
            item.add_marker(pytest.mark.skip(reason="--long"))


def _workers(config: pytest.Config) -> int:
    count: int = getattr(config, "workerinput", {}).get("workercount", 1)
    return count


def _spread(items: list[pytest.Item], workers: int) -> list[pytest.Item]:
    """For each worker a share of what waits for processes and browsers, and then of the others, which fill the gaps: a
    worker begins with its own part of the list, and steals from the ends of others' parts.
    """
    slow = [item for item in items if _is_slow_on_any(item)]
    quick = [item for item in items if not _is_slow_on_any(item)]
    return [item for n in range(workers) for part in (slow, quick) for item in _part(part, n, workers)]


def _part(items: list[pytest.Item], n: int, workers: int) -> list[pytest.Item]:
    return items[len(items) * n // workers : len(items) * (n + 1) // workers]


class SlowTests:
    """Notes the tests that take long, on average over their parameters."""

    def __init__(self) -> None:
        self._seconds: dict[str, list[float]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if any(mark in report.keywords for mark in SLOW):
            return
        seconds = self._seconds.setdefault(_function_of(report.nodeid), [])
        if report.when == "setup":
            seconds.append(0.0)
        seconds[-1] += report.duration

    def pytest_sessionfinish(self) -> None:
        means = {name: sum(seconds) / len(seconds) for name, seconds in self._seconds.items()}
        SLOW_TESTS.write_text("".join(f"{name}\n" for name, mean in sorted(means.items()) if mean > LONG))


def pytest_configure(config: pytest.Config) -> None:
    is_worker = hasattr(config, "workerinput")
    if config.getoption("--note-slow") and not is_worker:
        config.pluginmanager.register(SlowTests())


def _function_of(nodeid: str) -> str:
    return nodeid.partition("[")[0]


def _is_needless(item: pytest.Item) -> bool:
    return bool(item.get_closest_marker("one_engine")) and _engine_of(item) == "postgresql"


def _is_others_turn(item: pytest.Item) -> bool:
    """Whether a test runs on the other engine: where both are asked the same SQL, tests take turns by their names."""
    engine = _engine_of(item)
    is_bound = engine is None or any(map(item.get_closest_marker, NO_TURNS))
    return not is_bound and ENGINES[zlib.crc32(item.nodeid.replace(f"{engine}", "").encode()) % 2] != engine


def _is_slow(item: pytest.Item, known: frozenset[str]) -> bool:
    return _engine_of(item) == "postgresql" or _is_slow_on_any(item) or _function_of(item.nodeid) in known


def _is_slow_on_any(item: pytest.Item) -> bool:
    return any(map(item.get_closest_marker, SLOW))


def _engine_of(item: pytest.Item) -> str | None:
    engine: str | None = item.callspec.params.get("database_url") if hasattr(item, "callspec") else None
    return engine
