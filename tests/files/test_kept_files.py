"""Old files are removed while other processes make, rename and remove files in the same folder."""

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from signup.exports import export_stream
from signup.imports import uploaded_file

MONTHS = timedelta(days=90)
FOLDERS: dict[str, Callable[[], Path]] = {"imports": uploaded_file.folder, "exports": export_stream.folder}


def make(folder: Path, name: str, age: timedelta = timedelta()) -> Path:
    path = folder / name
    path.write_text("content")
    at = path.stat().st_mtime - age.total_seconds()
    os.utime(path, (at, at))
    return path


def tend(app: Flask, name: str) -> None:
    next(one for one in app.extensions["signup.chores"] if one.name == name).work()


@pytest.fixture(params=sorted(FOLDERS))
def chore(request: pytest.FixtureRequest, context: Flask) -> tuple[str, Path]:
    """The chore's name, and the folder that it keeps small."""
    return request.param, FOLDERS[request.param]()


@pytest.fixture(params=["sqlite"])
def database_url(tmp_path: Path, migrated_sqlite: Path) -> str:
    """No SQL is asked here: one engine is enough."""
    (tmp_path / "signup.db").write_bytes(migrated_sqlite.read_bytes())
    return f"sqlite:///{tmp_path}/signup.db"


@pytest.mark.parametrize("name", ["0f.unpacked", "0f.file", "0f.csv.part", ".hidden"])
def test_a_file_that_another_process_removes_meanwhile_is_no_failure(
    context: Flask, chore: tuple[str, Path], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, gone = make(chore[1], "old.file", MONTHS), make(chore[1], name, MONTHS)
    stat = Path.stat

    def too_late(path: Path, **more: Any) -> os.stat_result:
        if path.name == name:
            gone.unlink(missing_ok=True)
        return stat(path, **more)

    monkeypatch.setattr(Path, "stat", too_late)
    tend(context, chore[0])
    assert not old.exists()


def test_a_file_that_is_removed_twice_at_once_is_no_failure(
    context: Flask, chore: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    make(chore[1], "old.file", MONTHS)
    unlink = Path.unlink

    def both(path: Path, *given: Any, **more: Any) -> None:
        unlink(path)
        unlink(path, *given, **more)

    monkeypatch.setattr(Path, "unlink", both)
    tend(context, chore[0])
    assert list(chore[1].iterdir()) == []


def test_what_is_young_stays_and_an_old_folder_goes_with_all_that_is_in_it(
    context: Flask, chore: tuple[str, Path]
) -> None:
    young, folder = make(chore[1], "young.file"), chore[1] / "parts"
    folder.mkdir()
    make(folder, "one.csv")
    at = young.stat().st_mtime - MONTHS.total_seconds()
    os.utime(folder, (at, at))
    tend(context, chore[0])
    assert list(chore[1].iterdir()) == [young]
