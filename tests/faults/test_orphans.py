"""Who loses its parent ends, whoever killed it; and nobody waits for whoever should read the log."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from signup.ground.config import PROJECT
from signup.ground.db import db
from signup.ground.log_stream import MAX_WAITING, LogStream
from signup.imports.readers import child_process
from signup.mailer.message import Message, MessageState
from tests.cast import sign_up
from tests.faults.conftest import World
from tests.faults.relay import Relay
from tests.faults.service import Service, post, running, wait_until

pytestmark = [pytest.mark.faults, pytest.mark.skipif(sys.platform != "linux", reason="children are found in /proc")]

ENDS_WITHIN = 30.0


def is_alive(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def kill_parent_of(service: Service) -> list[int]:
    """-9 to the parent alone; its children, who live on."""
    children = service.children()
    assert children
    os.kill(service.pid, signal.SIGKILL)
    return children


def on(*engines: str) -> pytest.MarkDecorator:
    """A service takes seconds to start: each question is asked where its answer could differ."""
    return pytest.mark.parametrize("own_database", engines, indirect=True)


@pytest.mark.parametrize(
    ("own_database", "command"), [("sqlite", "web"), ("postgresql", "worker")], indirect=["own_database"]
)
def test_children_whose_parent_is_killed_end_soon(world: World, relay: Relay, command: str) -> None:
    relay.delay = 2.0  # some are in the middle of a mail
    client = world.app.test_client()
    for number in range(12):
        assert sign_up(client, world.form_id, f"visitor-{number}@example.org").status_code == 202
    service = Service(world.settings, command)
    with running(service):
        service.wait_until_at_work()
        if command == "worker" or "BROKER_URL" not in world.settings:
            wait_until(lambda: relay.taken, 20, "an email is on its way")
        children = kill_parent_of(service)
        wait_until(lambda: not any(map(is_alive, children)), ENDS_WITHIN, "the orphans end", 0.1)
    with world.app.app_context():
        # What they had claimed and not begun is back, with no lease to wait for.
        held = (MessageState.CLAIMED, MessageState.HANDED)
        assert db.session.scalar(select(func.count()).where(Message.state.in_(held))) == 0


@on("postgresql")
def test_orphans_end_though_nobody_reads_their_log_and_their_relay_is_away(
    world: World, relay: Relay, full_pipe: tuple[int, int]
) -> None:
    relay.says["hello"] = "421 too busy"
    service = Service(world.settings, "worker", output=full_pipe[1])
    with running(service):
        service.wait_until_at_work()
        for number in range(12):
            assert sign_up(world.app.test_client(), world.form_id, f"v-{number}@example.org").status_code == 202
        wait_until(lambda: relay.connections, 20, "the relay is asked")
        children = kill_parent_of(service)
        wait_until(lambda: not any(map(is_alive, children)), ENDS_WITHIN, "the orphans end", 0.1)


def fill(pipe: int) -> None:
    os.set_blocking(pipe, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(pipe, b"x" * 4096)
    os.set_blocking(pipe, True)


@pytest.fixture
def full_pipe() -> Iterator[tuple[int, int]]:
    """A pipe that nobody reads, filled to the brim: its two ends."""
    reads, writes = os.pipe()
    fill(writes)
    yield reads, writes
    for end in (reads, writes):
        with contextlib.suppress(OSError):
            os.close(end)


def test_nobody_waits_for_a_log_that_nobody_reads(full_pipe: tuple[int, int]) -> None:
    reads, writes = full_pipe
    with os.fdopen(writes, "w", closefd=False) as pipe:
        log = LogStream(pipe)
        lines = 3 * MAX_WAITING
        writer = threading.Thread(target=lambda: [log.write(f"line {n}\n") for n in range(lines)], daemon=True)
        writer.start()
        writer.join(10)
        assert not writer.is_alive()
        assert lines - MAX_WAITING - 1 <= log.dropped <= lines
        read = b""
        while b"log.dropped" not in read:  # once somebody reads, what is left comes, and how much is missing
            read += os.read(reads, 65_536)
        log.drain()


@pytest.mark.parametrize("ending", ["closed", "no space"])
def test_a_log_that_cannot_be_written_stops_nobody(tmp_path: Path, ending: str) -> None:
    with Path("/dev/full" if ending == "no space" else tmp_path / "log").open("w") as stream:
        if ending == "closed":
            stream.close()
        log = LogStream(stream)
        log.write("a line\n")
        log.drain()
        assert log.dropped == 1
        with contextlib.suppress(OSError):
            stream.close()


@on("sqlite")
def test_a_web_server_whose_log_nobody_reads_goes_on(world: World, full_pipe: tuple[int, int]) -> None:
    web = Service(world.settings | {"LOG_LEVEL": "DEBUG"}, "web", "--processes", "1", output=full_pipe[1])
    with running(web):
        web.wait_until_at_work()
        for _press in range(5):  # all but the first are held back, and each of these writes a line
            assert post(world.port, world.form_id, "visitor@example.org") == 202


def test_a_reader_of_a_spreadsheet_ends_with_who_asked_for_it(tmp_path: Path) -> None:
    endless = tmp_path / "endless.py"
    endless.write_text("print('begun', flush=True)\nwhile True: pass\n")
    ask = (
        "import os, subprocess, sys; me = str(os.getpid());"
        "reader = subprocess.Popen([sys.executable, '-I', sys.argv[1], me, sys.argv[2], '-']);"
        "print(reader.pid, flush=True); reader.wait()"
    )
    asking = subprocess.Popen(
        [sys.executable, "-c", ask, str(child_process.__file__), str(endless)],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert asking.stdout
    said = {asking.stdout.readline().strip(), asking.stdout.readline().strip()}
    reader = int((said - {"begun"}).pop())
    assert is_alive(reader)
    asking.kill()
    asking.wait()
    wait_until(lambda: not is_alive(reader), 10, "the reader ends")
    asking.stdout.close()
