"""Exports in the admin: looked at, started with a fresh proof, fetched in pieces, traced; masked for viewers."""

import html
import re
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from signup.access.audit import AuditEntry
from signup.access.operator import Operator
from signup.access.session import STEP_UP, OperatorSession
from signup.cli.main import main
from signup.companies import household
from signup.consent.mailing_list import find_list
from signup.contacts.contact import Contact
from signup.exports import column_set, export_job, export_stream
from signup.exports.column_set import sets_of
from signup.exports.export_run import ExportRun
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from tests.admin.cast import EDITH, VIC, actions, post, signed_in
from tests.cast import ADA, BOB, CLEO
from tests.exports.export_cast import form_of, join, make_letter

CHOICE = {"mailing_list": "the-letter", "status": "confirmed", "segment": "", "partner": "", "format": "brevo"}


@pytest.fixture
def crowd(app: Flask) -> Flask:
    letter = make_letter()
    join(form_of(letter), ADA, {"first_name": "Ada", "phone": "+41791234567"})
    join(form_of(letter), BOB, state="pending")
    join(form_of(letter), CLEO, state="unsubscribed")
    return app


def runs(app: Flask) -> list[ExportRun]:
    return list(db.session.scalars(select(ExportRun).order_by(ExportRun.id)))


def work(app: Flask) -> None:
    export_job.perform()


def let_export(app: Flask) -> None:
    with transaction():
        db.session.execute(update(Operator).values(may_export=True))


def detail_of(app: Flask, action: str) -> dict[str, Any]:
    details = db.session.scalars(select(AuditEntry.detail).where(AuditEntry.action == action)).all()
    return dict(details[-1])


def test_a_preset_is_looked_at_started_fetched_and_traced(crowd: Flask) -> None:
    client = signed_in(crowd)
    page = client.get("/admin/exports/new?list=the-letter").text
    assert "DOUBLE_OPT-IN" in page
    assert "nobody can agree to ad matching yet" in page
    page = client.get("/admin/exports/preview", query_string=CHOICE).text
    for shown in (ADA, "+41791234567", "FIRSTNAME", "have not confirmed", "have unsubscribed"):
        assert shown in page, shown
    assert BOB not in page
    assert runs(crowd) == []
    assert post(client, "/admin/exports/new", CHOICE | {"also_suppression": "y"}).status_code == 303
    work(crowd)
    brevo, stopped = runs(crowd)
    assert [(run.format, run.rows, run.state) for run in (brevo, stopped)] == [
        ("brevo", 1, "done"),
        ("suppression", 1, "done"),
    ]
    noted = detail_of(crowd, "export-started")
    assert (noted["mark"], noted["format"], noted["rows"]) == (stopped.mark, "suppression", 1)
    file = client.get(f"/admin/exports/{brevo.uid}/file", buffered=True)
    assert f"the-letter-brevo-{brevo.created_at:%Y-%m-%d}-{brevo.mark}.csv" in file.headers["Content-Disposition"]
    assert ADA.encode() in file.data
    assert detail_of(crowd, "export-downloaded")["mark"] == brevo.mark
    page = client.get(f"/admin/exports?mark={str(brevo.mark).lower()}").text
    assert f"/admin/exports/{brevo.uid}/file" in page
    assert f"/admin/exports/{stopped.uid}/file" not in page
    assert "No export has this mark" in client.get("/admin/exports?mark=EX22222222").text


def test_an_interrupted_download_goes_on_where_it_stopped(crowd: Flask) -> None:
    client = signed_in(crowd)
    post(client, "/admin/exports/new", CHOICE)
    work(crowd)
    path = f"/admin/exports/{runs(crowd)[0].uid}/file"
    whole = client.get(path, buffered=True)
    rest = client.get(path, buffered=True, headers={"Range": "bytes=10-", "If-Range": whole.headers["ETag"]})
    assert (rest.status_code, whole.headers["Accept-Ranges"]) == (206, "bytes")
    assert rest.data == whole.data[10:]
    assert rest.headers["Content-Range"] == f"bytes 10-{len(whole.data) - 1}/{len(whole.data)}"
    assert client.get(path, buffered=True, headers={"Range": "bytes=10-", "If-Range": '"other"'}).data == whole.data
    assert client.get(path, buffered=True, headers={"Range": f"bytes={len(whole.data)}-"}).status_code == 416
    assert detail_of(crowd, "export-downloaded")["part"]
    with transaction():
        db.session.execute(update(OperatorSession).values(proved_at=now(-STEP_UP)))
    assert client.get(path, buffered=True, headers={"Range": "bytes=10-"}).location.startswith("/admin/prove")


def test_exactly_the_ticked_rows_go_into_the_file_with_a_fresh_proof_a_mark_and_a_line_in_the_log(crowd: Flask) -> None:
    edith = signed_in(crowd, EDITH)
    uids = {one.address_key: one.uid for one in db.session.scalars(select(Contact))}
    assert "/admin/exports/ticked" not in edith.get("/admin/contacts").text
    assert post(edith, "/admin/exports/ticked", {"uid": str(uids[ADA])}).status_code == 403
    let_export(crowd)
    assert "/admin/exports/ticked" in edith.get("/admin/contacts").text
    with transaction():
        db.session.execute(update(OperatorSession).values(proved_at=now(-STEP_UP)))
    ticks = {"uid": [str(uids[ADA]), str(uids[CLEO]), "none"]}
    assert post(edith, "/admin/exports/ticked", ticks).location.startswith("/admin/prove")
    with transaction():
        db.session.execute(update(OperatorSession).values(proved_at=now()))
    assert "/exports/new" in post(edith, "/admin/exports/ticked", {"all": "1", "list": "the-letter"}).location
    assert post(edith, "/admin/exports/ticked", {"uid": "none"}).location == "/admin/contacts"
    page = edith.get(post(edith, "/admin/exports/ticked", ticks).location).text
    ticked = re.findall(r'name="ticked"[^>]* value="([0-9a-f.]+)', page)[0]
    asked = CHOICE | {"format": "csv", "status": "any", "ticked": ticked}
    preview = edith.get("/admin/exports/preview", query_string=asked).text
    assert [address in preview for address in (ADA, CLEO, BOB)] == [True, True, False]
    assert post(edith, "/admin/exports/new", asked).status_code == 303
    work(crowd)
    run = runs(crowd)[-1]
    content = edith.get(f"/admin/exports/{run.uid}/file", buffered=True).text
    assert [address in content for address in (ADA, CLEO, BOB)] == [True, True, False]
    assert (run.rows, run.total, str(run.mark) in content) == (2, 2, True)
    assert detail_of(crowd, "export-started")["mark"] == run.mark
    assert len(detail_of(crowd, "export-started")["filter"]["contacts"]) == 2
    left = edith.get("/admin/exports/preview", query_string=asked | {"status": "confirmed"}).text
    assert [address in left for address in (ADA, CLEO)] == [True, False]


def test_a_household_gets_one_line_the_one_of_who_came_first(crowd: Flask) -> None:
    form = form_of(find_list("the-letter"))
    for name in ("zoe", "leo", "max"):
        join(form, f"{name}@example.org", {"street": "Rue Haute 1", "postal_code": "1003"})
    with transaction():
        zoe, leo = (
            db.session.scalars(select(Contact).where(Contact.address_key == f"{name}@example.org")).one()
            for name in ("zoe", "leo")
        )
        household.gather(zoe, [leo.id])
    client = signed_in(crowd)
    asked = CHOICE | {"format": "csv", "per_household": "y"}
    page = client.get("/admin/exports/preview", query_string=asked).text
    assert "share a household with someone in it" in page
    for format_ in ("csv", "jsonl", "mailchimp"):
        post(client, "/admin/exports/new", asked | {"format": format_})
        work(crowd)
        content = client.get(f"/admin/exports/{runs(crowd)[-1].uid}/file", buffered=True).text
        assert [name in content for name in (ADA, "zoe@", "leo@", "max@")] == [True, True, False, True], format_
        assert runs(crowd)[-1].rows == runs(crowd)[-1].total == 3
    asked |= {"segment": "", "status": "confirmed"}
    done = CliRunner().invoke(main, ["export", "the-letter", "--per-household"], obj=lambda: crowd)
    assert ("zoe@" in done.stdout, "leo@" in done.stdout) == (True, False)


def test_what_a_preset_refuses_is_told_on_the_page(crowd: Flask) -> None:
    client = signed_in(crowd)
    for wrong in ({"status": "any"}, {"format": "google-ads"}):
        asked = CHOICE | wrong
        for answer in (
            client.get("/admin/exports/preview", query_string=asked),
            post(client, "/admin/exports/new", asked),
        ):
            assert answer.status_code == 422
            assert 'class="error"' in answer.text
    assert runs(crowd) == []
    assert client.get("/admin/exports/preview").status_code == 422


def test_a_viewer_with_the_right_sees_and_takes_masked_addresses_only(crowd: Flask) -> None:
    opal = signed_in(crowd)
    post(opal, "/admin/exports/new", CHOICE | {"format": "csv"})
    vic: FlaskClient = signed_in(crowd, VIC)
    let_export(crowd)
    general = CHOICE | {"format": "csv"}
    page = vic.get("/admin/exports/preview", query_string=general).text
    assert "a•••@example.org" in page
    assert ADA not in page
    assert "Brevo" not in vic.get("/admin/exports/new").text
    assert vic.get("/admin/exports/preview", query_string=CHOICE).status_code == 422
    assert post(vic, "/admin/exports/new", CHOICE).status_code == 422
    assert post(vic, "/admin/exports/new", general).status_code == 303
    work(crowd)
    whole, masked = runs(crowd)
    assert (whole.is_masked, masked.is_masked) == (False, True)
    assert vic.get(f"/admin/exports/{whole.uid}/file").status_code == 403
    page = vic.get("/admin/exports").text
    assert f"{masked.uid}/file" in page
    assert f"{whole.uid}/file" not in page
    for path in (f"/admin/exports/{masked.uid}/file", "/admin/contacts.csv"):
        content = vic.get(path, buffered=True).text
        assert "a•••@example.org" in content, path
        assert "ada" not in content.lower().replace("ada@", "!").replace("a•••", ""), path
        assert ADA not in content, path
    assert ADA in opal.get(f"/admin/exports/{whole.uid}/file", buffered=True).text
    assert actions(crowd).count("export-started") == 2


def test_an_editor_with_the_right_gets_whole_addresses(crowd: Flask) -> None:
    edith = signed_in(crowd, EDITH)
    let_export(crowd)
    assert ADA in edith.get("/admin/exports/preview", query_string=CHOICE).text


def test_the_console_lists_presets_writes_one_into_a_folder_and_traces_it(crowd: Flask, tmp_path: Any) -> None:
    runner = crowd.test_cli_runner()

    def run(*words: str) -> Any:
        done = runner.invoke(main, list(words), obj=lambda: crowd)
        assert done.exit_code == 0, done.output
        return done

    assert "DOUBLE_OPT-IN" in run("presets").stdout
    done = run("export", "the-letter", "--preset", "klaviyo", "--out", str(tmp_path))
    [path] = tmp_path.glob("the-letter-klaviyo-*.csv")
    assert ADA in path.read_text()
    assert "--preset suppression" in done.stderr
    [mark] = [run.mark for run in runs(crowd)]
    assert '"by": "console"' in run("export", "trace", path.name).stdout
    wrong = runner.invoke(main, ["export", "trace", "EX22222222"], obj=lambda: crowd)
    assert (wrong.exit_code, mark in path.name) == (1, True)
    off = runner.invoke(main, ["export", "the-letter", "--preset", "tiktok"], obj=lambda: crowd)
    assert (off.exit_code, "ad matching" in off.output) == (1, True)
    assert list(export_stream.folder().iterdir()) == []


def test_chosen_columns_are_looked_at_saved_used_again_and_deleted(crowd: Flask) -> None:
    client = signed_in(crowd, EDITH)
    let_export(crowd)
    choice = {**CHOICE, "format": "csv", "columns": ["email", "first_name"]}
    page = client.get("/admin/exports/preview", query_string=choice).text
    assert headings(page) == ["email", "first_name"]
    assert post(client, "/admin/exports/columns", {**choice, "name": "Short"}).status_code == 303
    assert post(client, "/admin/exports/columns", {**choice, "name": "Short"}).status_code == 303
    page = client.get("/admin/exports/preview", query_string={**CHOICE, "format": "csv"}).text
    assert len(headings(page)) > 20
    [saved] = [html.unescape(link) for link in re.findall(r'href="([^"]+)">Short<', page)]
    page = client.get(saved).text
    assert headings(page) == ["email", "first_name"]
    assert post(client, "/admin/exports/new", choice).status_code == 303
    work(crowd)
    file = client.get(f"/admin/exports/{runs(crowd)[0].uid}/file", buffered=True).text
    assert file.splitlines() == ["email,first_name,export_id", f"{ADA},Ada,{runs(crowd)[0].mark}"]
    assert "Delete the saved columns “Short”" in page
    assert post(client, "/admin/exports/columns/delete", {**choice, "name": "Short"}).status_code == 303
    assert ">Short<" not in client.get("/admin/exports/preview", query_string=choice).text
    assert {"export-columns-saved", "export-columns-deleted"} <= set(actions(crowd))


def headings(page: str) -> list[str]:
    return re.findall(r'<th scope="col">([^<]+)</th>', page)


def test_a_choice_without_a_name_or_a_column_is_not_saved(crowd: Flask) -> None:
    client = signed_in(crowd)
    for choice in ({"name": "Empty"}, {"columns": ["email"], "name": "  "}):
        page = post(client, "/admin/exports/columns", {**CHOICE, **choice}, follow_redirects=True).text
        assert "Tick at least one column and name your selection." in page
    assert sets_of(find_list("the-letter").id) == []


def test_saved_columns_of_another_list_are_not_there(crowd: Flask) -> None:
    with transaction():
        column_set.save(find_list("noise").id, "Theirs", ["email"])
        mine = [find_list("the-letter").id]
    edith = signed_in(crowd, EDITH, mine)
    let_export(crowd)
    asked = {**CHOICE, "mailing_list": "noise", "columns": ["email"], "name": "Theirs"}
    for path in ("/admin/exports/columns", "/admin/exports/columns/delete"):
        assert post(edith, path, asked).status_code == 404
    assert "Theirs" not in edith.get("/admin/exports/preview", query_string=CHOICE).text


def test_a_preset_takes_further_columns(crowd: Flask) -> None:
    client = signed_in(crowd)
    page = client.get("/admin/exports/preview", query_string={**CHOICE, "columns": ["interests", "language"]}).text
    assert headings(page)[-2:] == ["interests", "language"]
    offered = re.findall(r'name="columns" value="([^"]+)"', page)
    assert "phone" not in offered  # the preset has it
    assert "DOUBLE_OPT-IN" in page


def test_the_console_takes_columns_by_name_and_saved_ones(crowd: Flask, tmp_path: Any) -> None:
    with transaction():
        column_set.save(find_list("the-letter").id, "Short", ["email", "language"])
    out = tmp_path / "out.csv"
    for option, expected in (
        (["--columns", "email, first_name"], "email,first_name,export_id"),
        (["--saved-columns", "Short"], "email,language,export_id"),
    ):
        done = CliRunner().invoke(main, ["export", "the-letter", *option, "--out", str(out)], obj=lambda: crowd)
        assert done.exit_code == 0, done.output
        assert out.read_text().splitlines()[0] == expected
    done = CliRunner().invoke(main, ["export", "the-letter", "--columns", "emial"], obj=lambda: crowd)
    assert done.exit_code != 0
    assert "emial" in done.output
    assert "first_name" in done.output
