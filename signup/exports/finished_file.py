"""The finished file of an export: where it lies, what it is called, how long it is kept."""

from datetime import datetime
from pathlib import Path

from signup.exports.export_file import EXTENSIONS
from signup.exports.export_run import ExportRun
from signup.exports.export_stream import folder
from signup.exports.presets.all_presets import PRESETS
from signup.files import kept_files
from signup.ground.keep_time import keep_time

SETTING = "keep_export_files_days"
MAX_NAME = 120


def path_of(run: ExportRun) -> Path:
    """Where the file of a run is, once it is done and until its time is over."""
    return folder() / f"{run.uid}.{extension_of(run)}"


def extension_of(run: ExportRun) -> str:
    """The extension of the file's name."""
    if run.files > 1:
        return "zip"
    return PRESETS[run.format].extension if run.format in PRESETS else EXTENSIONS.get(run.format, "csv")


def name_of(run: ExportRun, slug: str) -> str:
    """The file's name for people: list, format, day, mark; as short as the target wants it."""
    longest = PRESETS[run.format].max_name if run.format in PRESETS else MAX_NAME
    rest = "-".join(filter(None, (run.format, f"{run.created_at:%Y-%m-%d}", run.mark)))
    rest = f"{rest}.{extension_of(run)}"
    return f"{slug[: max(longest - len(rest) - 1, 1)]}-{rest}"


def keep_until(run: ExportRun) -> datetime | None:
    """When the file is removed; None: never."""
    keep = keep_time(SETTING)
    return (run.finished_at or run.created_at) + keep if keep else None


def remove_old() -> None:
    """The chore: remove files that are older than a week."""
    kept_files.remove_older(folder(), keep_time(SETTING))  # also what a killed worker left half done
