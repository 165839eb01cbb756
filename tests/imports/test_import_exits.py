"""Who left elsewhere is never made mailable by an import, whatever the file is like."""

import random
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from signup.cli.main import main
from signup.consent.mailing_list import MailingList
from signup.files.import_run import ImportOrigin, ImportRun, Task
from signup.ground.db import db, transaction
from signup.imports import import_job, mapping
from signup.imports.import_choices import Choices
from signup.imports.meaning.exit_column import suspects, target_by_heading
from signup.imports.meaning.exit_name import state_by_name
from signup.imports.meaning.status_word import STRENGTH, exit_in, letters, says_nothing, status_of
from signup.imports.meaning.strongest_state import StrongestStates
from tests.admin.cast import add_contact
from tests.cast import make_form, make_list, state_of
from tests.imports.import_cast import (
    assert_counts_are_exact,
    begin,
    check,
    outcomes,
    people,
    states,
    table,
    take_back,
    take_in,
    upload,
)

AT = "2023-01-02 03:04:05"
LEFT = "2024-01-02 03:04:05"


@pytest.fixture
def letter(context: Flask, monkeypatch: pytest.MonkeyPatch) -> MailingList:
    """A list with somebody on it; rows come in twos."""
    monkeypatch.setattr(import_job, "CHUNK_ROWS", 2)
    monkeypatch.setattr(import_job, "CHUNK_ROWS_SQLITE", 2)
    letter = make_list()
    make_form(letter, magnet=False)
    noise = make_list("noise", name="Noise")
    with transaction():
        add_contact(noise, "nina@example.org", "Nina")
    return letter


WORDS = {
    "unsubscribed": """Unsub|UNSUBSCRIBED|opted out|Opt-Out|inactive|do not mail|Do Not Contact|blocklisted|Blacklisted
        |no|FALSE|0|cancelled|unsubscribed by admin|Désabonnée|désabonné(e)|s'est désinscrit|S’est désabonnée
        |Désinscrite|DÉSINSCRITS|Inactif|résilié|Résiliée|Blacklisté|Blacklisté(e)|liste noire|ne pas contacter
        |Désinscription|désinscrit le 3 mars|Abgemeldet|abgemeldete|ausgetragen|Gesperrt|gekündigt|inaktiv|nein
        |Widerrufen|nicht anschreiben|Uitgeschreven|afgemeld|Disiscritto|disiscritta|cancellato|cancellata|baja
        |Dado de baja|no longer interested|n|off|non|faux|nein|falsch|nee|onwaar|falso""",
    "bounced": """bounced|cleaned|Hard Bounced|HARD_BOUNCE|soft-bounced|invalid|Undeliverable|NPAI|rebond définitif
        |unzustellbar|Onbestelbaar|rimbalzato|rebotado""",
    "complained": """complained|Spam complaint|abuse|spam|marked as spam|Plainte|signalé comme spam|Beschwerde|klacht
        |queja""",
    "pending": "pending|Unconfirmed|NEVER_SUBSCRIBED|non-subscribed|en attente|non confirmé|Nicht bestätigt|in attesa",
    "confirmed": """y|true|on|x|oui|o|vrai|ja|j|wahr|waar|sì|si|vero|verdadero
        |subscribed|Active|yes|1|abonnée|Inscrits|Actif|aktiv|angemeldet|Ingeschreven|iscritta|suscrito
        |confirmé""",
    "": "weg|2|not unsubscribed|nicht abgemeldet|Ada|never unsubscribed",
}


def test_a_status_is_understood_in_every_language_and_form() -> None:
    for state, words in WORDS.items():
        assert [status_of(word) for word in words.split("|")] == [state] * len(words.split("|")), words


@pytest.mark.parametrize(
    ("cell", "state"),
    [
        ("2024-01-02 03:04:05", "unsubscribed"),
        ("true", "unsubscribed"),
        ("X", "unsubscribed"),
        ("3", "unsubscribed"),
        ("none given", "unsubscribed"),
        ("I never signed up", "unsubscribed"),
        ("HARD_BOUNCE", "bounced"),
        ("spam complaint", "complained"),
        *((empty, "") for empty in ("", "-", "null", "N/A", "0", "0.00", "no", "Nein", "false", "0000-00-00", "[]")),
        *((no, "") for no in ("subscribed", "not unsubscribed", "nicht abgemeldet", "jamais")),
        *((no, "") for no in ["n", "off", "never", "non", "faux", "aucun", "aucune", "falsch", "nie", "keiner"]),
        *((no, "") for no in ["nee", "onwaar", "nooit", "geen", "falso", "mai", "nessuno", "nessuna", "nunca"]),
    ],
)
def test_a_filled_cell_in_a_column_of_exits_is_one_unless_it_says_no(cell: str, state: str) -> None:
    assert exit_in(cell, "unsubscribed") == state


def test_an_empty_status_unsubscribes_nobody(letter: MailingList) -> None:
    rows = [
        {"email": f"{n}@example.org", "status": cell, "optin_time": AT} for n, cell in enumerate(("", " ", "-", "null"))
    ]
    take_in(table(*rows), letter)
    assert set(states(letter).values()) == {"confirmed"}


# For each program the headings that it writes, and four rows: subscribed, unsubscribed, bounced, complained (or none).
PROGRAMS = {
    "Mailchimp": (
        "Email Address,MEMBER_RATING,OPTIN_TIME,CONFIRM_TIME,UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,CLEAN_TIME,LEID",
        f"a@example.org,2,{AT},{AT},,,,1",
        f"b@example.org,2,{AT},{AT},{LEFT},News,,2",
        f"c@example.org,2,{AT},{AT},,,{LEFT},3",
        "",
    ),
    "Brevo": (
        "EMAIL,FIRSTNAME,Email blacklisted,SMS blacklisted,Hard bounces,Opt-in time,Status",
        f"a@example.org,A,No,Yes,0,{AT},",
        f"b@example.org,B,Yes,No,0,{AT},",
        f"c@example.org,C,No,No,1,{AT},",
        f"d@example.org,D,No,No,0,{AT},Spam complaint",
    ),
    "HubSpot": (
        "Record ID,Email,Unsubscribed from all email,Email hard bounce reason,Opt-in date,Contact owner",
        f"1,a@example.org,FALSE,,{AT},",
        f"2,b@example.org,true,,{AT},",
        f"3,c@example.org,,UNKNOWN_USER,{AT},",
        f"4,d@example.org,,SPAM,{AT},",
    ),
    "Ghost": (
        "id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,signup_at,deleted_at,labels,tiers",
        f"1,a@example.org,A,,true,false,,{AT},,,",
        f"2,b@example.org,B,,false,false,,{AT},,,",
        "",
        "",
    ),
    "phpList": (
        "email,confirmed,blacklisted,bouncecount,htmlemail,uniqid,signup date",
        f"a@example.org,1,0,2,1,x,{AT}",
        f"b@example.org,1,1,0,1,x,{AT}",
        "",
        "",
    ),
    "MailPoet": (
        "Email,First name,Global status,List status,Subscribed on (in UTC),Confirmed IP",
        f"a@example.org,A,Subscribed,Subscribed,{AT},",
        f"b@example.org,B,Unsubscribed,Subscribed,{AT},",
        f"c@example.org,C,Bounced,Subscribed,{AT},",
        "",
    ),
    "Salesforce": (
        "FirstName,LastName,Email,HasOptedOutOfEmail,EmailBouncedReason,DoNotCall,LeadSource,OptIn Date",
        f"A,A,a@example.org,0,,1,Web,{AT}",
        f"B,B,b@example.org,1,,0,Web,{AT}",
        f"C,C,c@example.org,false,550 user unknown,0,Web,{AT}",
        "",
    ),
    "CleverReach": (
        "email,registered,activated,deactivated,bounced,source,stars",
        f"a@example.org,{AT},{AT},0,0,web,5",
        f"b@example.org,{AT},{AT},{LEFT},0,web,0",
        f"c@example.org,{AT},{AT},0,{LEFT},web,0",
        "",
    ),
    "Substack": (
        "Email,Name,Subscription type,Subscribed at,Unsubscribed at,Email disabled",
        f"a@example.org,A,free,{AT},,false",
        f"b@example.org,B,free,{AT},{LEFT},false",
        "",
        "",
    ),
    "Kit": (
        "subscriber_id,email,first_name,status,subscribed_at,cancelled_at,tags",
        f"1,a@example.org,A,active,{AT},,",
        f"2,b@example.org,B,cancelled,{AT},{LEFT},",
        f"3,c@example.org,C,bounced,{AT},,",
        f"4,d@example.org,D,complained,{AT},,",
    ),
    "Klaviyo": (
        "Email,Klaviyo ID,Email Marketing Consent,Email Marketing Consent Timestamp,Email Suppressions,SMS Consent",
        f"a@example.org,1,SUBSCRIBED,{AT},[],UNSUBSCRIBED",
        f"b@example.org,2,UNSUBSCRIBED,{AT},,",
        f"c@example.org,3,SUBSCRIBED,{AT},HARD_BOUNCE,",
        f"d@example.org,4,SUBSCRIBED,{AT},SPAM_COMPLAINT,",
    ),
    "ActiveCampaign": (
        "Contact ID,Email,Status,Date Subscribed,Unsubscription Date,Bounced Hard,Bounced Soft",
        f"1,a@example.org,Active,{AT},,0,1",
        f"2,b@example.org,Unsubscribed,{AT},{LEFT},0,0",
        f"3,c@example.org,Active,{AT},,1,0",
        "",
    ),
    "GetResponse": (
        "Email,Name,Campaign name,Subscription date,Removal date,Removal reason",
        f"a@example.org,A,letter,{AT},,",
        f"b@example.org,B,letter,{AT},{LEFT},unsubscribe",
        f"c@example.org,C,letter,{AT},{LEFT},bounce",
        f"d@example.org,D,letter,{AT},{LEFT},complaint",
    ),
    "listmonk": (
        "uuid,email,name,attributes,status,subscription_status,subscribed_at",
        f"x,a@example.org,A,{{}},enabled,confirmed,{AT}",
        f"x,b@example.org,B,{{}},enabled,unsubscribed,{AT}",
        "",
        "",
    ),
    "Keila": (
        "Email,First name,External ID,Status,double_opt_in_at",
        f"a@example.org,A,1,active,{AT}",
        f"b@example.org,B,2,unsubscribed,{AT}",
        f"c@example.org,C,3,unreachable,{AT}",
        "",
    ),
    "Mailjet": (
        "Email,Name,SubscribedAt,IsUnsubscribed,IsSpamComplaining,IsExcludedFromCampaigns,Hard bounced",
        f"a@example.org,A,{AT},false,false,false,false",
        f"b@example.org,B,{AT},true,false,false,false",
        f"c@example.org,C,{AT},false,false,false,true",
        f"d@example.org,D,{AT},false,true,false,false",
    ),
    "Constant Contact": (
        "Email address,Email status,Email permission status,Opt-in date,Confirmed Opt-Out Date,Email update source",
        f"a@example.org,Active,Express,{AT},,web",
        f"b@example.org,Active,Unsubscribed,{AT},{LEFT},web",
        f"c@example.org,Bounced,Express,{AT},,web",
        "",
    ),
    "Shopify": (
        "First Name,Email,Accepts Email Marketing,Accepts SMS Marketing,Opt-in date",
        f"A,a@example.org,yes,no,{AT}",
        f"B,b@example.org,no,yes,{AT}",
        "",
        "",
    ),
}  # fmt: skip


def test_the_export_of_every_program_brings_its_exits(letter: MailingList) -> None:
    if db.engine.dialect.name == "postgresql":
        pytest.skip("headings and cells are read the same on both engines")
    wanted = dict(zip("abcd", ("confirmed", "unsubscribed", "bounced", "complained"), strict=True))
    for number, (program, (headings, *rows)) in enumerate(PROGRAMS.items()):
        some = make_list(f"list-{number}")
        assert mapping.propose(headings.split(","), letter.id).known_as == program
        text = "\n".join([headings, *filter(None, rows)]).replace("@", f"@{number}.")
        run = take_in(text.encode(), some)
        assert run.state == "done", (program, run.problem)
        found = {name: state for (name, state), row in zip(wanted.items(), rows, strict=True) if row}
        assert states(some) == found, program


@pytest.mark.parametrize(
    ("heading", "cells", "target"),
    [
        ("unsubscribed_at", ["", LEFT], "unsubscribed"),
        ("HasOptedOutOfEmail", ["0", "1"], "unsubscribed"),
        ("do_not_contact", ["yes", "no"], "unsubscribed"),
        ("Désabonné le", ["01.02.2024"], "unsubscribed"),
        ("Abmeldedatum", ["01.02.2024"], "unsubscribed"),
        ("Pas de newsletter", ["oui", "non"], "unsubscribed"),
        ("Kein Newsletter", ["ja", ""], "unsubscribed"),
        ("Uitgeschreven op", ["01-02-2024"], "unsubscribed"),
        ("Data di disiscrizione", ["01/02/2024"], "unsubscribed"),
        ("hard_bounced", ["true"], "bounced"),
        ("spam_complaint", ["1"], "complained"),
        ("Consent", ["yes", "no"], "status"),
        ("Newsletter", ["oui", "non", ""], "status"),
        ("accepts_marketing", ["true", "false"], "status"),
        ("Email deleted", ["yes", "y", "true", "on", "x", "1", "0", "no", "n", "false", "off"], "unsubscribed"),
        ("Email deleted", ["oui", "o", "vrai", "non", "faux"], "unsubscribed"),
        ("Email deleted", ["ja", "j", "wahr", "waar", "nein", "falsch", "nee", "onwaar"], "unsubscribed"),
        ("Email deleted", ["sì", "vero", "falso", "verdadero"], "unsubscribed"),
        ("Email deleted", ["yes", "by whom"], ""),
        ("SMS opt-out", ["1"], "ignore"),
        ("Notes", ["hello"], ""),
        ("VIP", ["yes", "no"], ""),
    ],
)
def test_a_heading_that_plainly_says_who_left_is_understood(heading: str, cells: list[str], target: str) -> None:
    assert target_by_heading(heading, cells) == target


@pytest.mark.parametrize(
    ("heading", "cells", "asks"),
    [
        ("deleted_at", [LEFT], True),
        ("Bounces", ["0", "3"], True),
        ("Tags", ["vip", "unsubscribed"], True),
        ("Order status", ["shipped", "cancelled"], True),
        ("Kündigungsdatum", ["1.2.2024"], True),
        ("Remarque", ["a été désinscrite"], True),
        ("unsubscribed_at", ["", "-"], False),
        ("unsubscribed_at", [LEFT], True),
        ("VIP", ["yes", "no"], False),
        ("Département", ["75", "01"], False),
        ("Active", ["yes"], False),
    ],
)
def test_a_column_that_may_say_who_left_is_asked_about(heading: str, cells: list[str], *, asks: bool) -> None:
    assert suspects([heading], [""], [cells]) == [heading] * asks
    assert suspects([heading], ["ignore"], [cells]) == []


def test_a_state_of_the_union_is_no_status(letter: MailingList) -> None:
    for cells, target in ((["CA", "NY", "OK"], ""), (["subscribed", "unsubscribed"], "status"), ([], "status")):
        assert mapping.propose(["email", "state"], letter.id, [[], cells]).targets == ["email", target]
    assert suspects(["State"], [""], [["CA", "NY", "unsubscribed"]]) == ["State"]


def test_a_file_with_an_unmapped_exit_or_an_unknown_word_stops_before_anything_is_written(letter: MailingList) -> None:
    for column, cell in (("deleted_at", LEFT), ("status", "weg"), ("Tags", "désabonnée")):
        content = table(
            {"email": "eve@example.org", "optin_time": AT, column: ""}, {"email": "fay@example.org", column: cell}
        )
        run = take_in(content, letter)
        assert run.state == "failed"
        assert cell in run.problem or column in run.problem
    assert states(letter) == {}
    assert run.task == Task.CHECK
    begin(run, Task.IMPORT, mapping=["email", "opt_in_at", "ignore"])
    assert import_job.run_now(run.id).state == "done"
    assert states(letter) == {"eve": "confirmed", "fay": "pending"}


def test_a_word_means_what_somebody_chose(letter: MailingList) -> None:
    rows = [{"email": f"{name}@example.org", "status": word, "optin_time": AT} for name, word in
            (("eve", "Weg"), ("fay", "dabei"), ("gus", "WEG "))]  # fmt: skip
    run = check(upload(table(*rows), letter))
    assert run.found
    assert run.found["words"] == {"status": {"Weg": 1, "dabei": 1, "WEG": 1}}
    words = Choices(words={"status": {"Weg": "unsubscribed", "dabei": "confirmed"}})
    begin(run, Task.IMPORT, choices=words.as_dict())
    assert import_job.run_now(run.id).state == "done"
    assert states(letter) == {"eve": "unsubscribed", "fay": "confirmed", "gus": "unsubscribed"}


def test_an_exit_far_below_in_another_batch_counts_for_the_first_row(letter: MailingList) -> None:
    rows = [{"email": f"p{n}@example.org", "status": "subscribed", "optin_time": AT} for n in range(9)]
    rows += [{"email": "P0@example.org", "status": "unsubscribed", "optin_time": AT}]
    run = check(upload(table(*rows), letter))
    assert run.checked
    assert run.checked["overruled"] == 1
    assert run.found
    assert run.found["overruled"] == [[2, 11]]
    begin(run, Task.IMPORT)
    import_job.run_now(run.id)
    assert state_of("p0@example.org") == "unsubscribed"
    assert set(states(letter).values()) == {"confirmed", "unsubscribed"}
    assert_counts_are_exact()


ODD_EXITS = [
    ["{0}", "{1}", "unsubscribed", "more", "cells", "than", "headings"],
    ["{0}", "not a time", "unsubscribed"],
    ["{0}", "{1}", "cleaned"],
    ["{0}", "{1}", "Plainte"],
    ["{0}", "{1}", "désabonné(e)"],
    ["{0}", "", "no"],
]


@given(data=st.data())
def test_nobody_with_an_exit_row_ends_up_mailable_in_any_order(letter: MailingList, data: st.DataObject) -> None:
    stamp = f"{random.SystemRandom().getrandbits(40):x}"
    names = [f"{stamp}{n}@example.org" for n in range(4)]
    leaving = data.draw(st.sets(st.sampled_from(names), min_size=1))
    rows = [[name, AT, "subscribed"] for name in names for _again in range(data.draw(st.integers(1, 2)))]
    for name in sorted(leaving):
        odd = data.draw(st.sampled_from(ODD_EXITS))
        rows.append([cell.format(name.upper() if data.draw(st.booleans()) else name, AT) for cell in odd])
    known = data.draw(st.sampled_from([None, *names]))
    if known:
        take_in(f"email,optin_time\n{known},{AT}\n".encode(), letter)
    content = "\n".join(["email,optin_time,status", *(",".join(row) for row in data.draw(st.permutations(rows)))])
    run = take_in(content.encode(), letter)
    assert run.state == "done", run.problem
    mailable = {name for name, state in states(letter).items() if state == "confirmed"}
    assert mailable & {name.partition("@")[0] for name in names} == {
        name.partition("@")[0] for name in names if name not in leaving
    }


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from(list(STRENGTH)))), st.randoms())
def test_the_strongest_state_is_the_same_in_any_order(rows: list[tuple[str, str]], order: random.Random) -> None:
    def told(some: list[tuple[str, str]]) -> dict[str, str]:
        found = StrongestStates()
        for line, (key, state) in enumerate(some, 1):
            found.add(key, state, None, line)
        return {key: named.state for key in "abcdef" if (named := found.named(key))}

    mixed = rows.copy()
    order.shuffle(mixed)
    wanted = {key: max((s for k, s in rows if k == key), key=STRENGTH.__getitem__) for key, _state in rows}
    assert told(rows) == told(mixed) == wanted


def test_the_table_of_states_grows_and_forgets_nothing() -> None:
    found = StrongestStates()
    for n in range(5_000):
        found.add(str(n), "bounced" if n % 2 else "unsubscribed", None, n + 2)
    assert len(found) == 5_000
    assert all((found.named(str(n)) or "")[0] == ("bounced" if n % 2 else "unsubscribed") for n in range(5_000))
    assert found.named("nobody") is None


def test_every_state_of_an_earlier_file_gives_way_to_an_exit(letter: MailingList) -> None:
    take_in(people("eve", "fay", "gus"), letter)
    cleaned = b"email\neve@example.org\nfay@example.org\nzoe@example.org\n"
    run = take_in(cleaned, letter, ImportOrigin.CLAIM, name="cleaned_segment_export.csv")
    assert states(letter) == {"eve": "bounced", "fay": "bounced", "gus": "confirmed", "zoe": "bounced"}
    again = take_in(people("eve", "zoe"), letter)
    assert outcomes(again) == [("left", "bounced")] * 2
    complained = table({"email": "eve@example.org", "status": "complained"})
    take_in(complained, letter, ImportOrigin.CLAIM)
    assert state_of("eve@example.org") == "complained"
    assert_counts_are_exact()
    take_back(run)
    assert states(letter)["fay"] == "confirmed"
    assert_counts_are_exact()


def test_an_exit_is_remembered_for_somebody_who_left_another_list(letter: MailingList) -> None:
    other = make_list("other")
    take_in(table({"email": "eve@example.org", "status": "unsubscribed"}), other, ImportOrigin.CLAIM)
    take_in(table({"email": "eve@example.org", "status": "unsubscribed"}), letter, ImportOrigin.CLAIM)
    assert states(letter) == {"eve": "unsubscribed"}
    take_in(people("eve"), letter)
    assert states(letter) == {"eve": "unsubscribed"}


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("unsubscribed_segment_export_1.csv", "unsubscribed"),
        ("cleaned_segment_export_1.csv", "bounced"),
        ("nonsubscribed_segment_export_1.csv", "pending"),
        ("Désabonnés 2025.xlsx", "unsubscribed"),
        ("abgemeldete.csv", "unsubscribed"),
        ("spam-complaints.csv", "complained"),
        ("blacklist.csv", "unsubscribed"),
        ("hard bounces.csv", "bounced"),
        ("subscribed_segment_export_1.csv", ""),
        ("contacts.csv", ""),
        ("do not mail.csv", "unsubscribed"),
        ("Liste des désabonnés (2).csv", "unsubscribed"),
        ("unsubscribed-at.csv", ""),
        ("where the second row opts out.csv", ""),
        ("people-who-never-bounced.csv", ""),
        ("active.csv", ""),
        ("2026-11-30.csv", ""),
    ],
)
def test_a_file_may_say_by_its_name_that_everybody_left(name: str, state: str) -> None:
    assert state_by_name(name) == state


def import_on_console(app: Flask, path: Path, *more: str) -> tuple[int, str]:
    words = ["import", str(path), "--list", "the-letter", "--origin", "service", *more]
    done = CliRunner().invoke(main, words, obj=lambda: app)
    return done.exit_code, done.output


def test_the_console_stops_and_names_the_option(app: Flask, letter: MailingList, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(table({"email": "eve@example.org", "statut": "weg", "optin_time": AT, "deleted_at": LEFT}))
    for dry in (["--dry-run"], []):
        code, output = import_on_console(app, path, *dry)
        assert code == 1
        assert '--ignore-column "deleted_at"' in output
        assert '--mapping "unsubscribed=deleted_at"' in output
    for dry in (["--dry-run"], []):
        code, output = import_on_console(app, path, "--ignore-column", "deleted_at", *dry)
        assert code == 1
        assert '--value "status:weg=unsubscribed"' in output
    assert states(letter) == {}
    assert (
        import_on_console(app, path, "--mapping", "unsubscribed=deleted_at", "--value", "status:weg=confirmed")[0] == 0
    )
    assert states(letter) == {"eve": "unsubscribed"}
    assert import_on_console(app, path, "--value", "status:weg=gone")[0] == 2


def test_the_console_tells_what_the_files_name_says_and_names_overruled_rows(
    app: Flask, letter: MailingList, tmp_path: Path
) -> None:
    path = tmp_path / "unsubscribed_1.csv"
    path.write_bytes(people("eve"))
    code, output = import_on_console(app, path, "--dry-run")
    assert code == 0
    assert "everyone in it is unsubscribed" in output
    path.write_bytes(b"email,status\neve@example.org,active\nEVE@example.org,abuse\n")
    assert (
        "line 2: eve@example.org left the list, according to line 3"
        in import_on_console(app, path, "--dry-run", "--everyone", "rows")[1]
    )


@given(st.text(max_size=30))
def test_any_text_can_be_a_cell(text: str) -> None:
    assert status_of(text) in {"", *STRENGTH}
    assert exit_in(text, "unsubscribed") in {"", *STRENGTH}
    assert isinstance(says_nothing(text), bool)
    assert letters(letters(text)) == letters(text)


def test_a_run_that_was_killed_ends_with_the_same(letter: MailingList, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"email": f"p{n}@example.org", "status": "active", "optin_time": AT} for n in range(7)]
    rows += [
        {"email": f"p{n}@example.org", "status": word, "optin_time": AT} for n, word in ((0, "spam"), (5, "cleaned"))
    ]
    run = upload(table(*rows), letter)
    begin(run, Task.IMPORT, origin=ImportOrigin.SERVICE)

    def die(_run: ImportRun, done: int) -> None:
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_job.run_now(run.id, die)
    db.session.rollback()
    with db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE import_run SET lease_until = '2020-01-01 00:00:00.000'")
    import_job.sweep()
    import_job.perform()
    run = import_job.read(run.id)
    assert (run.state, run.attempt) == ("done", 2)
    assert states(letter) == dict.fromkeys((f"p{n}" for n in range(7)), "confirmed") | {
        "p0": "complained",
        "p5": "bounced",
    }
    assert run.imported
    assert run.imported["overruled"] == 2
    assert_counts_are_exact()
