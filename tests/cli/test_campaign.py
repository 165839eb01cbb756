"""`signup campaign`: from a Markdown file to mails, with what stands against it said before."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from signup.campaigns import build, tend
from signup.cli.main import main
from signup.consent.mailing_list import MailingList
from tests.campaigns.campaign_cast import people
from tests.cast import Mailbox, drain, make_list, text_of


@pytest.fixture
def letter(app: Flask, mailbox: Mailbox) -> MailingList:
    made = make_list(postal_address="1 Road, Town")
    people(made, 3)
    people(made, 1, "pending")
    return made


def run(app: Flask, *words: str) -> Result:
    return CliRunner().invoke(main, ["campaign", *words], obj=lambda: app)


def new(app: Flask, folder: Path, body: str = 'Hello {{ first_name | "there" }}', **words: str) -> Result:
    path = folder / "letter.md"
    path.write_text(body, encoding="utf-8")
    given = {"list": "the-letter", "name": "Spring", "subject": "News"} | words | {"body": str(path)}
    return run(app, "new", *(part for name, value in given.items() for part in (f"--{name}", value)))


def said(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def test_a_file_becomes_a_campaign_that_goes_out(
    app: Flask, mailbox: Mailbox, letter: MailingList, tmp_path: Path
) -> None:
    assert new(app, tmp_path).exit_code == 0
    dry = said(run(app, "dry-run", "Spring", "--json"))
    assert (dry["would_get"], dry["would_not"]) == (3, {"pending": 1})
    assert len(dry["contacts"]) == 3
    assert run(app, "send", "Spring").output == "Spring: scheduled\n"
    build.build_due()
    drain(app)
    tend.tend()
    report = said(run(app, "report", "Spring", "--json"))
    assert (report["state"], report["recipients"], report["delivered"], report["waiting"]) == ("sent", 3, 3, 0)
    assert len(mailbox.mails()) == 3


def test_a_test_goes_to_one_address_and_says_so(
    app: Flask, mailbox: Mailbox, letter: MailingList, tmp_path: Path
) -> None:
    new(app, tmp_path)
    assert run(app, "test", "Spring", "--to", "opal@example.org").exit_code == 0
    drain(app)
    assert mailbox.last("opal@example.org")["Subject"] == "[Test] News"
    assert "Hello there" in text_of(mailbox.last("opal@example.org"))
    assert len(mailbox.mails()) == 1


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ({"body": "Hello {{ first_name }}"}, "no-fallback"),
        ({"body": 'Hello {{ shoe_size | "you" }}'}, "unknown-field"),
        ({"body": "Hello {{ 7*7 }}"}, "not-a-field"),
        ({"body": "[https://bank.example](https://evil.example)"}, "other-domain"),
        ({"body": f"[x](https://example.org/{'y' * 2000})"}, "long-link"),
        ({"body": " "}, "no-body"),
        ({"subject": " "}, "no-subject"),
        ({"body": '[x](https://example.org/{{ first_name | "y" }})'}, "field-in-link"),
    ],
)
def test_what_must_be_mended_is_named_and_keeps_it_from_going(
    app: Flask, letter: MailingList, tmp_path: Path, words: dict[str, str], code: str
) -> None:
    new(app, tmp_path, **({"body": "Hello"} | words))
    found = run(app, "check", "Spring", "--json")
    assert found.exit_code == 1
    assert code in {one["problem"] for one in json.loads(found.output) if one["level"] == "blocks"}
    refused = run(app, "send", "Spring")
    assert refused.exit_code == 1
    assert "it cannot go yet" in refused.output


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ({"subject": "SALE EVERYWHERE TODAY"}, "capitals"),
        ({"subject": "x" * 80}, "long-subject"),
        ({"body": "[x](http://example.org)"}, "not-https"),
        ({"body": "![](https://example.org/a.png)"}, "no-alt"),
        ({"body": "word " * 30_000}, "too-large"),
    ],
)
def test_what_mailboxes_dislike_is_told(
    app: Flask, letter: MailingList, tmp_path: Path, words: dict[str, str], code: str
) -> None:
    new(app, tmp_path, **({"body": "Hello"} | words))
    assert code in {one["problem"] for one in said(run(app, "check", "Spring", "--json"))}


@pytest.mark.both_engines
@pytest.mark.parametrize(
    "words", [{"subject": "x" * 201}, {"name": "x" * 121}, {"hypothesis": "x" * 501}, {"body": "a\0b"}, {"name": " "}]
)
def test_words_that_cannot_be_kept_are_refused_in_a_line(
    app: Flask, letter: MailingList, tmp_path: Path, words: dict[str, str]
) -> None:
    refused = new(app, tmp_path, **({"body": "Hello"} | words))
    assert refused.exit_code == 1, refused.output
    assert refused.output.startswith("Error: ")
    assert "Traceback" not in refused.output


def test_a_verb_that_does_not_fit_is_refused(app: Flask, letter: MailingList, tmp_path: Path) -> None:
    new(app, tmp_path)
    for verb in ("pause", "resume", "cancel"):
        assert run(app, verb, "Spring").exit_code == 1
    assert run(app, "report", "Autumn").exit_code == 1
