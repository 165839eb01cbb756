"""`signup run` beside other programs: a port that is taken moves, one that somebody chose does not."""

import socket
from contextlib import ExitStack
from pathlib import Path

from signup.ground.config import Settings
from signup.service.run_ports import MOVABLE, TRIES, moved_ports, running_in
from tests.services import free_port


def _settings(first: int) -> Settings:
    """The four ports one after the other, as if nobody had chosen them."""
    ports = {name: str(first + place) for place, name in enumerate(MOVABLE)}
    return Settings.from_environment(ports)


def test_a_taken_port_moves_to_one_that_is_free_and_that_none_of_ours_wants() -> None:
    first = free_port()
    found = _settings(first)
    with ExitStack() as others:
        others.enter_context(socket.create_server(("127.0.0.1", first)))
        moved = moved_ports({}, found)
        assert "SIGNUP_PORT" in moved
        assert first + len(MOVABLE) <= moved["SIGNUP_PORT"] < first + TRIES
        assert len({*moved.values()}) == len(moved)
        others.enter_context(socket.create_server(("127.0.0.1", moved["SIGNUP_PORT"])))


def test_a_port_that_somebody_chose_stays() -> None:
    first = free_port()
    found = _settings(first)
    with socket.create_server(("127.0.0.1", first)):
        for chosen in ("SIGNUP_PORT", "SIGNUP_PORT_FILE", "PUBLIC_URL"):
            assert "SIGNUP_PORT" not in moved_ports({chosen: str(first)}, found)


def test_a_folder_in_which_a_service_runs_is_known_until_it_ends(tmp_path: Path) -> None:
    with running_in(tmp_path) as is_first:
        assert is_first
        with running_in(tmp_path) as is_second:
            assert not is_second
    with running_in(tmp_path) as is_alone:
        assert is_alone
    assert (tmp_path / "run.lock").stat().st_mode & 0o077 == 0
