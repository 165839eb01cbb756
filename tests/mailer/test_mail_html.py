"""Every mail, in every language, as the programs that people read it with can draw it."""

import re
from itertools import product

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from signup.forms.form import Form
from signup.forms.look_in_mail import look_in_mail, look_of_list
from signup.forms.looks import own_look
from signup.forms.looks.appearance import Appearance, Colours
from signup.forms.looks.contrast import ratio
from signup.forms.looks.look import Look, PictureRef
from signup.ground.i18n import LANGUAGES, speaking
from signup.mailer import compose, own_text
from signup.mailer.mail_look import DARK, LIGHT, MailLook
from signup.mailer.mail_template import SHIPPED, OwnMail
from signup.mailer.message_kind import MessageKind
from tests.cast import make_form, make_list
from tests.mailer.mail_clients import CLIPPED, NEVER, PROPERTIES, THINGS

pytestmark = pytest.mark.one_engine

KINDS = [kind for kind in MessageKind if kind.rules.sample]
LOGO = PictureRef(hash="a" * 64, type="png", width=900, height=300, alt='Press & "Co" <x>')
WORN = Appearance(colours=Colours(accent="#ffcc00"), look=Look(radius=0, font="serif", logo=LOGO))
FULL = {
    "download": "example",
    "magnet": "A <white> paper",
    "discount": "ABCD-1234",
    "until": "31 December",
    "partners": [{"name": "Étoile & Fils", "privacy_url": "https://etoile.example/vie?a=1&b=2"}],
    "answers": [("Message", "One\nTwo")],
}


def written(kind: MessageKind, language: str, *, is_own: bool = False, is_full: bool = True) -> compose.MailPreview:
    with speaking(language):
        text = own_text.starter(kind.value) if is_own else None
    data = kind.rules.sample | ({name: FULL[name] for name in FULL if name in kind.rules.sample} if is_full else {})
    sender = make_list(f"{kind}-{language}-{is_own}-{is_full}", postal_address="1 Street")
    return compose.preview(kind, language, sender, OwnMail(text, look_in_mail(WORN)), data)


@pytest.mark.parametrize("kind", KINDS)
def test_every_mail_uses_what_programs_know_or_says_it_another_way(context: Flask, kind: MessageKind) -> None:
    owns = (False, True) if kind in {"confirm", "welcome"} else (False,)
    for language, is_own, is_full in product(LANGUAGES, owns, (True, False)):
        html = written(kind, language, is_own=is_own, is_full=is_full).html
        plain = re.sub(r"<!--.*?-->", "", html, flags=re.DOTALL)
        used = {name for style in re.findall(r'style="([^"]*)"', plain) for name in re.findall(r"([a-z-]+):", style)}
        sheet = "".join(re.findall(r"<style>(.*?)</style>", plain, re.DOTALL))
        used |= {name for rule in re.findall(r"\{([^{}]*)\}", sheet) for name in re.findall(r"([a-z-]+):", rule)}
        assert used <= PROPERTIES.keys(), f"no line in mail_clients: {used - PROPERTIES.keys()}"
        wanted = [PROPERTIES[name] for name in used] + [one for what, one in THINGS.items() if re.search(what, plain)]
        for one in wanted:
            assert re.search(one.instead, html), f"{one.unknown_to} show it no other way: {one.instead}"
        styled = " ".join([sheet.replace("(prefers-color-scheme", ""), *re.findall(r"<[^>]+>", plain)])
        styled = re.sub(r'(?:href|src|content|alt)="[^"]*"', "", styled)
        for pattern, why in NEVER.items():
            assert not re.search(pattern, styled), f"{why}: {pattern}"
        assert len(html.encode()) < CLIPPED / 5
        assert f'<body class="page" lang="{language}" dir="ltr"' in html
        assert html.count("<table") == html.count("</table>")
        assert "{{" not in html + sheet.replace("}}", "")


@pytest.mark.parametrize("kind", ["confirm", "reminder"])
def test_what_shows_beside_the_subject_says_what_to_do(context: Flask, kind: str) -> None:
    mail = written(MessageKind(kind), "en")
    preheader = re.search(r'<div style="display:none[^>]*>(.*?)</div>', mail.html)
    assert preheader
    assert {"confirm": "Your code: 246810.", "reminder": "One click,"}[kind] in preheader[1]


def test_a_logo_has_its_size_and_its_words_and_no_mail_without_one_has_a_picture(context: Flask) -> None:
    html = written(MessageKind.CONFIRM, "fr").html
    assert f'/picture/{"a" * 64}.png" alt="Press &amp; &#34;Co&#34; &lt;x&gt;" width="144" height="48"' in html
    sender = make_list()
    assert (
        "<img" not in compose.preview(MessageKind.CONFIRM, "en", sender, SHIPPED, MessageKind.CONFIRM.rules.sample).html
    )


def test_the_mails_of_a_form_wear_its_look_and_those_of_no_form_that_of_the_newest(context: Flask) -> None:
    form: Form = make_form(magnet=False, appearance=WORN)
    assert look_of_list(form.list_id) == look_in_mail(WORN)
    assert look_of_list(make_list("empty").id) == MailLook()


@given(st.from_regex(r"#[0-9a-f]{6}", fullmatch=True))
def test_whatever_the_accent_the_button_and_the_links_can_be_read(accent: str) -> None:
    worn = look_in_mail(Appearance(colours=Colours(accent=accent)))
    assert ratio(worn.accent, worn.on_accent) >= 4.5
    assert ratio(worn.dark_accent, worn.on_dark_accent) >= 4.5
    assert ratio(worn.link, LIGHT["card"]) >= 4.5
    assert ratio(worn.dark_link, DARK["card"]) >= 4.5


def test_our_own_colours_can_be_read_too() -> None:
    own = MailLook()
    assert ratio(own.accent, own.on_accent) >= 4.5
    assert ratio(own.dark_accent, own.on_dark_accent) >= 4.5
    for ground, link in ((LIGHT, own.link), (DARK, own.dark_link)):
        for colour in (ground["ink"], ground["soft"], link):
            assert ratio(colour, ground["card"]) >= 4.5


@pytest.mark.parametrize("kind", KINDS)
def test_the_plain_text_says_it_without_tags_or_holes(context: Flask, kind: MessageKind) -> None:
    for language, is_full in product(LANGUAGES, (True, False)):
        text = written(kind, language, is_full=is_full).text
        assert "\n\n\n" not in text.strip()
        assert not re.search(r"</?(?:p|a|b|td|br)\b|&amp;|None", text)
        assert all(len(line) < 990 for line in text.splitlines())


def test_a_mail_without_a_look_of_its_own_wears_the_colours_of_our_pages() -> None:
    ours, light, dark = MailLook(), own_look.LIGHT, own_look.DARK
    assert (ours.accent, ours.on_accent, ours.link) == (light.accent, light.on_accent, light.accent)
    assert (ours.dark_accent, ours.on_dark_accent, ours.dark_link) == (dark.accent, dark.on_accent, dark.accent)
