"""Nobody who left after a backup is mailed after its restore, and a crash on the way changes nothing of that."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select

from signup.audience.index_contacts import index_contacts
from signup.audience.search import Search, find
from signup.backup import archive, database_copy, pending_restore
from signup.backup.archive import BadBackup
from signup.backup.pending_restore import RestorePending
from signup.cli.main import main
from signup.consent import tracking
from signup.consent.subscription import Subscription
from signup.contacts.contact import Contact, hash_of
from signup.forms.form import find_form
from signup.forms.form_draft import FormDraft, save_draft
from signup.ground.db import close_connections, db, transaction
from signup.ground.jobs import Beat
from signup.ground.tokens import Keys
from signup.ground.urls import settings
from signup.ledger import outside, seal
from signup.mailer import compose
from signup.mailer.message import Message
from signup.mailer.message_kind import MessageKind
from signup.privacy.erase import ErasureOrder, erase
from tests.cast import Mailbox, confirm_all, drain, forget_limits, link_in, sign_up, state_of, subscription_of, suppress
from tests.ledger.cast import problems

pytestmark = [
    pytest.mark.both_engines,
    pytest.mark.skipif(not shutil.which("pg_dump"), reason="PostgreSQL's own programs are not installed"),
]


class Crowd:
    """Some who unsubscribe after the backup, as many who are erased, one who comes onto the stop list, two who stay."""

    def __init__(self, many: int) -> None:
        self.everybody = [f"person{n}@example.org" for n in range(2 * many + 3)]
        self.leavers, self.erased = self.everybody[:many], self.everybody[many : 2 * many]
        self.stopped, *self.stayers = self.everybody[2 * many :]
        self.told = f"{many} unsubscriptions, {many} erasures"


@pytest.fixture
def crowd(*, is_long: bool) -> Crowd:
    return Crowd(100 if is_long else 2)


@pytest.fixture
def backup(app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str, tmp_path: Path, crowd: Crowd) -> Path:
    """A backup of the time when all of the crowd were on the list."""
    for address in crowd.everybody:
        forget_limits()
        assert sign_up(client, form_id, address).status_code == 202
    confirm_all(app, client, mailbox, *crowd.everybody)
    index_contacts()
    return archive.write(tmp_path / "backups")


@pytest.fixture
def left(client: FlaskClient, mailbox: Mailbox, backup: Path, crowd: Crowd) -> None:
    """Since the backup some unsubscribed, some were erased, and one came onto the stop list."""
    for address in crowd.leavers:
        assert client.post(link_in(mailbox.last(address), "unsubscribe")).status_code == 200
    with transaction():
        for address in crowd.erased:
            erase(address, ErasureOrder("console"))
    suppress(crowd.stopped)
    seal.seal()
    for mail in mailbox.folder.glob("*.eml"):
        mail.unlink()


def restore(app: Flask, *words: str) -> Result:
    db.session.remove()
    close_connections()
    return CliRunner().invoke(main, ["restore", *words], obj=lambda: app)


def send_campaign(app: Flask) -> None:
    """One campaign mail to each subscription, whatever its state, as a careless sender would."""
    with transaction():
        for subscription in db.session.scalars(select(Subscription)):
            db.session.add(
                Message(
                    kind=MessageKind.WELCOME,
                    priority=9,
                    recipient=subscription.contact.address,
                    recipient_hash=hash_of(subscription.contact.address_key),
                    template_hash=compose.template_for(MessageKind.WELCOME, "en", subscription.list),
                    data=MessageKind.WELCOME.rules.sample,
                    dedupe_key=f"campaign:1:{subscription.id}",
                    contact_id=subscription.contact_id,
                    list_id=subscription.list_id,
                    subscription_id=subscription.id,
                )
            )
    drain(app)


def mailed(mailbox: Mailbox) -> set[str]:
    return {mail["Delivered-To"] for mail in mailbox.mails()}


def test_the_draft_of_a_form_is_in_the_backup(app: Flask, form_id: str, tmp_path: Path) -> None:
    with transaction():
        draft = FormDraft(form_id=find_form(form_id).id, based_on=1, content={"title": "Été 🎉"})
        save_draft(draft, None)
    backup = archive.write(tmp_path / "backups")
    with transaction():
        db.session.execute(delete(FormDraft))
    done = restore(app, str(backup), "--yes")
    assert done.exit_code == 0, done.output
    assert db.session.scalars(select(FormDraft)).one().content == {"title": "Été 🎉"}


def test_who_left_since_the_backup_is_not_mailed_after_its_restore(
    app: Flask, mailbox: Mailbox, backup: Path, left: None, crowd: Crowd
) -> None:
    done = restore(app, str(backup), "--yes")
    assert done.exit_code == 0, done.output
    assert crowd.told in done.output
    assert "1 stop list" in done.output
    send_campaign(app)
    assert mailed(mailbox) == set(crowd.stayers)
    assert [state_of(address) for address in crowd.leavers] == ["unsubscribed"] * len(crowd.leavers)
    assert not set(db.session.scalars(select(Contact.address))) & set(crowd.erased)
    assert {one.address for one in find(Search("person")).rows} == {*crowd.everybody} - {*crowd.erased}
    assert problems() == []


def test_a_restore_that_died_before_the_journal_starts_no_service_and_mails_nobody_until_it_is_finished(
    app: Flask, mailbox: Mailbox, backup: Path, left: None, crowd: Crowd
) -> None:
    copy = backup.with_name("copy")
    archive.unpack(backup, copy)
    db.session.remove()
    close_connections()
    database_copy.put_back(copy, archive.read_manifest(backup).at, "now")
    with pytest.raises(RestorePending):
        pending_restore.refuse_while_pending()
    assert "restore is not finished" in CliRunner().invoke(main, ["worker"], obj=lambda: app).output
    assert restore(app).exit_code == 0
    pending_restore.refuse_while_pending()
    send_campaign(app)
    assert mailed(mailbox) == set(crowd.stayers)
    assert restore(app).exit_code == 1


def test_a_database_that_was_put_back_by_hand_hears_of_them_too(
    app: Flask, mailbox: Mailbox, backup: Path, left: None, crowd: Crowd
) -> None:
    copy, at = backup.with_name("copy"), archive.read_manifest(backup).begun
    archive.unpack(backup, copy)
    db.session.remove()
    database_copy.put_back(copy, at.isoformat(), "now")
    with transaction():
        db.session.execute(delete(Beat).where(Beat.name == database_copy.PENDING))
    assert crowd.told in restore(app, "--since", f"{at:%Y-%m-%dT%H:%M:%S}").output
    send_campaign(app)
    assert mailed(mailbox) == set(crowd.stayers)


def test_an_email_that_waited_in_the_backup_goes_once_the_restore_is_finished(
    app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str, tmp_path: Path
) -> None:
    assert sign_up(client, form_id, "late@example.org").status_code == 202
    path = archive.write(tmp_path / "backups")
    assert restore(app, str(path), "--yes").exit_code == 0
    drain(app)
    assert mailed(mailbox) == {"late@example.org"}


def test_a_ledger_that_was_set_back_is_told_and_what_lies_outside_is_kept_aside(
    app: Flask, backup: Path, left: None, crowd: Crowd
) -> None:
    ahead = max(outside.read_checkpoints()).size
    done = restore(app, str(backup), "--yes")
    assert "The ledger went on by" in done.output
    kept = [path for path in settings().outside_folder.iterdir() if path.name.startswith("checkpoint.")]
    assert len(kept) == 1
    assert f"\n{ahead}\n" in kept[0].read_text()


@pytest.mark.one_engine  # PostgreSQL replaces in one transaction
def test_the_database_that_a_restore_replaces_is_kept_with_what_a_killed_process_left_in_its_log(
    app: Flask, backup: Path
) -> None:
    path = settings().sqlite_files[0]
    with closing(sqlite3.connect(path)) as killed:
        killed.execute("INSERT INTO beat (name, at, owner) VALUES ('late', '2026-11-30 09:00:00.000', 'x')")
        killed.commit()
        assert path.with_name(f"{path.name}-wal").stat().st_size
        assert restore(app, str(backup), "--yes").exit_code == 0
    (before,) = path.parent.glob(f"{path.name}.before-*")
    with closing(sqlite3.connect(before)) as kept:
        assert kept.execute("SELECT owner FROM beat WHERE name = 'late'").fetchall() == [("x",)]


def test_a_second_restore_of_the_same_backup_hears_of_the_same_people(
    app: Flask, mailbox: Mailbox, backup: Path, left: None, crowd: Crowd
) -> None:
    assert restore(app, str(backup), "--yes").exit_code == 0
    assert crowd.told in restore(app, str(backup), "--yes").output
    send_campaign(app)
    assert mailed(mailbox) == set(crowd.stayers)


def test_files_come_back_and_everything_is_private(app: Flask, backup: Path, tmp_path: Path) -> None:
    folder = settings().files_folder
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "paper.pdf").write_bytes(b"%PDF-1.7")
    path = archive.write(tmp_path / "second")
    (folder / "paper.pdf").unlink()
    assert restore(app, str(path), "--yes").exit_code == 0
    assert (folder / "paper.pdf").read_bytes() == b"%PDF-1.7"
    assert {oct(file.stat().st_mode & 0o777) for file in (path, *path.parent.iterdir())} == {"0o600"}
    assert [file.suffix for file in path.parent.iterdir()] == [".tar"]


def test_a_file_that_is_no_backup_and_one_of_other_keys_are_refused_untouched(
    app: Flask, backup: Path, tmp_path: Path, crowd: Crowd
) -> None:
    wrong = tmp_path / "wrong.tar"
    wrong.write_bytes(b"no archive")
    assert "not a backup" in restore(app, str(wrong), "--yes").output
    other, mine = Keys(["another-key-that-is-long-enough-to-sign-with"]), app.extensions["signup.keys"]
    app.extensions["signup.keys"] = other
    try:
        with pytest.raises(BadBackup, match="SECRET_KEYS"):
            archive.read_manifest(backup)
    finally:
        app.extensions["signup.keys"] = mine
    assert len(list(db.session.scalars(select(Contact)))) == len(crowd.everybody)


def test_somebody_who_withdrew_a_tracking_consent_since_does_so_again(
    app: Flask, backup: Path, crowd: Crowd, tmp_path: Path
) -> None:
    subscription = subscription_of(crowd.stayers[0])
    assert subscription
    box = tracking.shown("Example Press", "en")[0]
    proof = {"controller": "Example Press", "method": "preferences"}
    with transaction():
        tracking.grant(subscription, box, None, proof)
    path = archive.write(tmp_path / "second")
    with transaction():
        tracking.withdraw(subscription, [box.purpose], None, proof)
    seal.seal()
    assert "1 withdrawal" in restore(app, str(path), "--yes").output
    assert tracking.granted(subscription.contact_id) == set()
    assert problems() == []
