"""`signup backup` and `signup restore`."""

from datetime import UTC, datetime
from pathlib import Path

import click
from flask_migrate import upgrade

from signup.backup import archive, database_copy, pending_restore, replay
from signup.cli.command import in_app
from signup.ground.private_files import make_folder
from signup.ground.urls import settings
from signup.ledger import outside, signed_note
from signup.ledger.signed_note import BadNote


@click.command("backup")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@in_app
def backup(folder: Path) -> None:
    """Back up the database and the incentives' files into FOLDER, while the service runs. Keys are not in it."""
    path = archive.write(folder)
    click.echo(f"{path} ({path.stat().st_size / 1e6:.1f} MB). Keep SECRET_KEYS and LEDGER_FOLDER elsewhere too.")


@click.command("restore")
@click.argument("backup", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False)
@click.option(
    "--since",
    type=click.DateTime(formats=["%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"]),
    help="You put the database back yourself, to how it was at this time, UTC.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@in_app
def restore(backup: Path | None, since: datetime | None, *, yes: bool) -> None:
    """Put a BACKUP back, and let everybody leave again who left since. Without BACKUP: finish one that stopped."""
    stamp = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    if backup is not None and since is not None:
        raise click.UsageError("Name a backup or --since, not both.")
    if backup is not None:
        _put_back(backup, stamp, yes=yes)
    begun = since.replace(tzinfo=UTC) if since else pending_restore.pending_since()
    if begun is None:
        raise click.ClickException("no restore is waiting to be finished. Name a backup.")
    upgrade()
    done = replay.finish(begun, stamp)
    told = ", ".join(f"{n} {what}{'s' * (n > 1)}" for what, n in done.items() if n)
    click.echo(f"Done again since {begun:%Y-%m-%d %H:%M:%S} UTC: {told or 'nothing'}. You can start the service.")


def _put_back(backup: Path, stamp: str, *, yes: bool) -> None:
    manifest = archive.read_manifest(backup)
    if users := database_copy.users():
        raise click.ClickException(f"the database is in use by process {', '.join(users[:5])}. Stop the service first.")
    click.echo(f"A backup of {manifest.begun:%Y-%m-%d %H:%M:%S} UTC, version {manifest.version}. {_lost(manifest)}")
    if not yes:
        click.confirm("Everything that was stored since is lost. Go on?", abort=True)
    copy = make_folder(settings().signup_var) / f"restore-{stamp}"
    archive.unpack(backup, copy)
    database_copy.put_back(copy, manifest.at, stamp)


def _lost(manifest: archive.Manifest) -> str:
    """How far the ledger outside of the database is ahead of the backup's."""
    try:
        trees = outside.read_checkpoints()
        size = signed_note.read(manifest.checkpoint, signed_note.public_keys()).size if manifest.checkpoint else 0
    except BadNote as error:
        return f"Its checkpoint, or one in LEDGER_FOLDER, cannot be trusted: {error}."
    if not trees:
        return "LEDGER_FOLDER holds no checkpoint: who left since is not known."
    ahead = max(trees).size - size
    return f"The ledger went on by {ahead} entries since." if ahead > 0 else "The ledger has not changed since."
