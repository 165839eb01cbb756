"""Each kind of mail is complete: its rules, its words, its templates, and values for every name in them."""

import email
from datetime import UTC, datetime
from uuid import UUID

import pytest
from flask import Flask

from signup.admin.outbox import message_words
from signup.ground.config import PROJECT
from signup.ground.i18n import LANGUAGES
from signup.mailer import compose
from signup.mailer.compose import Draft
from signup.mailer.mail_template import SHIPPED
from signup.mailer.message_kind import MessageKind
from tests.cast import make_list

pytestmark = pytest.mark.one_engine
FOLDERS = sorted(path.name for path in (PROJECT / "templates/mail").iterdir() if not path.name.startswith("_"))
WITHOUT_TEMPLATES = {MessageKind.CAMPAIGN, MessageKind.AUTOMATION, MessageKind.TEST}


def test_every_kind_says_what_consent_it_needs_and_has_words_for_the_admin() -> None:
    for kind in MessageKind:
        assert kind.rules.needs is not None, kind
        assert str(message_words.MESSAGES[kind]), kind


def test_every_kind_has_its_folder_of_templates_and_every_folder_its_kind() -> None:
    assert set(FOLDERS) == set(MessageKind) - WITHOUT_TEMPLATES


@pytest.mark.parametrize("kind", FOLDERS)
def test_the_templates_of_a_kind_need_no_value_that_it_does_not_name(app: Flask, kind: str) -> None:
    sender = make_list()
    for language in LANGUAGES:
        shown = compose.preview(MessageKind(kind), language, sender, SHIPPED, MessageKind(kind).rules.sample)
        assert shown.subject
        assert shown.text
        assert shown.html


@pytest.mark.parametrize("kind", FOLDERS)
def test_a_mail_to_a_list_can_be_left_by_its_headers_and_no_other_mail_can(app: Flask, kind: str) -> None:
    mail = email.message_from_bytes(compose.try_out(MessageKind(kind), make_list()).content)
    is_list_mail = kind in {"welcome", "already", "magnet"}
    assert ("List-Unsubscribe" in mail) == ("List-Unsubscribe-Post" in mail) == is_list_mail
    assert ("Auto-Submitted" in mail) == (not is_list_mail)


def test_a_mail_to_a_list_without_its_link_to_leave_is_not_built(app: Flask) -> None:
    template = compose.template_for(MessageKind.CONFIRM, "en", make_list())
    letter = Draft(
        UUID(int=1), "campaign", "ada@example.org", template, MessageKind.CONFIRM.rules.sample, datetime.now(UTC)
    )
    with pytest.raises(ValueError, match="unsubscribe"):
        compose.render(letter)
