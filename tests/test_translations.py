"""The catalogues against the texts in code and templates. How to update a catalogue: the opening of `babel.cfg`."""

import json
import re
import shutil
import subprocess
import sys
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo, write_mo

from translations.words import (
    PLACEHOLDER,
    ROOT,
    TRANSLATED,
    file_of,
    find,
    forms,
    key,
    placeholders,
    read,
    source,
    wanted,
)

MARKED_IN_MAIL = re.compile(r'\[\[ (?:\w+\((?:"[^"]*"|[\w|]+), )?_\("(.+?)"(?:, \w+=[^"]+?)?\)\)? \]\]')
# No language shouts, types its dots one by one, or writes quotes and apostrophes straight.
IN_NO_LANGUAGE = re.compile(r"!|'|\"|\.\.\.|  | - |^\s|\s$")
# What a language sets or says otherwise; what is in its own quotes, rightly set, is judged without them.
FOREIGN = {
    # A space that does not break before high punctuation and inside « »; curved apostrophes; vous.
    "fr": re.compile(r"(?<![\u202f\u00a0])[;?»]|(?<!\u00a0):(?!//)|«(?!\u00a0)|[“”„‘]|(?i:\b(tu|te|toi|ton|ta|tes)\b)"),
    # „ “; no ß, so that it reads as well in Switzerland; Sie.
    "de": re.compile(r"[“”„‘«»ß]|\s[:;?.,]|(?i:\b(du|dich|dir|dein\w*)\b)"),
    # ‘ ’; je.
    "nl": re.compile(r"[“”„‘«»]|\s[:;?.,]|(?i:\b(u|uw)\b)"),
    # « » without spaces; Lei, written small.
    "it": re.compile(r"[“”„‘«»]|\s[:;?.,]|(?i:\b(tu|ti|te|tuo|tua|tuoi|tue)\b)|\b(Suo|Sua|Suoi|Sue)\b"),
}
QUOTED = {
    "fr": re.compile(r"«\u00a0([^«»]+)\u00a0»"),
    "de": re.compile(r"„([^„“]+)“"),
    "nl": re.compile(r"‘([^‘’]+)’"),
    "it": re.compile(r"«(\S|\S[^«»]*\S)»"),
}


@pytest.fixture(scope="module")
def found() -> Catalog:
    return find()


@pytest.fixture(scope="module", params=TRANSLATED)
def language(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def catalogue(language: str) -> Catalog:
    return read(language)


def test_every_text_in_a_mail_is_found(found: Catalog) -> None:
    mails = [path.read_text() for path in (ROOT / "templates" / "mail").rglob("*") if path.is_file()]
    marked = {text for mail in mails for text in MARKED_IN_MAIL.findall(mail)}
    assert len(marked) == len({text for mail in mails for text in re.findall(r'\b_\("(.+?)"', mail)}) > 0
    assert sorted(text for text in marked if text not in found) == []


def test_a_visitors_text_is_known_by_where_it_stands(found: Catalog) -> None:
    visitors, everybodys = ({key(text) for text in wanted(found, language)} for language in ("de", "fr"))
    assert {"Confirm my address", "Page not found", "Fill in this field.", "First name"} <= visitors
    assert {"Audit trail", "Administrator", "CSV for Excel (semicolons)"} <= everybodys - visitors
    assert visitors < everybodys


def test_a_catalogue_has_exactly_its_texts(found: Catalog, language: str, catalogue: Catalog) -> None:
    due, there = ({key(text) for text in texts if text.id} for texts in (wanted(found, language), catalogue))
    assert (sorted(due - there), sorted(there - due)) == ([], [])
    assert catalogue.obsolete == {}


def test_every_text_is_translated(catalogue: Catalog) -> None:
    assert [key(text) for text in catalogue if text.id and (text.fuzzy or not all(forms(text)))] == []


def test_a_translation_keeps_the_placeholders(catalogue: Catalog) -> None:
    pairs = pairs_of(catalogue)
    assert [(text, translated) for text, translated in pairs if placeholders(text) != placeholders(translated)] == []


def test_a_translation_ends_as_its_text_does(catalogue: Catalog) -> None:
    pairs = pairs_of(catalogue)
    assert [(text, translated) for text, translated in pairs if last_mark(text) != last_mark(translated)] == []


def pairs_of(catalogue: Catalog) -> list[tuple[str, str]]:
    return [pair for text in catalogue if text.id for pair in zip(source(text), forms(text), strict=True)]


def last_mark(text: str) -> str:
    return text[-1] if text[-1:] in {".", ":", "?", ","} else ""


def test_the_compiled_catalogue_is_the_written_one(language: str, catalogue: Catalog) -> None:
    fresh = BytesIO()
    write_mo(fresh, catalogue)
    fresh.seek(0)
    with file_of(language, "mo").open("rb") as file:
        compiled = read_mo(file)
    assert strings(compiled) == strings(read_mo(fresh))
    assert compiled.plural_expr == catalogue.plural_expr


def strings(catalog: Catalog) -> dict[tuple[str, ...], tuple[str, ...]]:
    return {(key(text), *source(text)): forms(text) for text in catalog if text.id}


def test_a_language_is_set_and_addressed_as_its_own(language: str, catalogue: Catalog) -> None:
    texts = [PLACEHOLDER.sub("…", translated) for _text, translated in pairs_of(catalogue)]
    unquoted = {text: QUOTED[language].sub(r"\1", text) for text in texts}
    assert [text for text in texts if IN_NO_LANGUAGE.search(text) or FOREIGN[language].search(unquoted[text])] == []


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A project with two texts and the catalogues of this one."""
    shutil.copy(ROOT / "babel.cfg", tmp_path)
    shutil.copytree(ROOT / "translations", tmp_path / "translations")
    for file, text in {
        "templates/forms/x.html": '{{ _("New for %(name)s", name=1) }} {{ pgettext("button", "Unsubscribe") }}',
        "templates/admin/x.html": '{{ ngettext("%(num)s new mail", "%(num)s new mails", 2) }}',
    }.items():
        (tmp_path / file).parent.mkdir(parents=True)
        (tmp_path / file).write_text(text)
    return tmp_path


def words(project: Path, *arguments: str, given: object = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(project / "translations" / "words.py"), *arguments]
    return subprocess.run(
        command, cwd=project, input=json.dumps(given), capture_output=True, text=True, check=False, timeout=60
    )


def test_one_command_brings_every_catalogue_up_to_date(elsewhere: Path) -> None:
    done = words(elsewhere)
    assert (done.returncode, done.stderr) == (0, "")
    assert "de: 1 of 2 texts to translate\n    New for %(name)s\n" in done.stdout
    assert "fr: 2 of 3 texts to translate\n" in done.stdout
    german = (elsewhere / "translations/de/LC_MESSAGES/messages.po").read_text()
    assert 'msgctxt "button"\nmsgid "Unsubscribe"\nmsgstr "Abmelden"\n' in german
    assert "Guten Tag" not in german


def test_what_is_missing_is_printed_and_taken_back_filled_in(elsewhere: Path) -> None:
    assert json.loads(words(elsewhere, "--missing", "de").stdout) == {"New for %(name)s": ""}
    missing = {"New for %(name)s": "", "%(num)s new mail": ["", ""]}
    assert json.loads(words(elsewhere, "--missing", "fr").stdout) == missing
    filled = {"New for %(name)s": "Nouveau : %(name)s", "%(num)s new mail": ["%(num)s e-mail", "%(num)s e-mails"]}
    assert "fr: 0 of 3 texts to translate\n" in words(elsewhere, "--fill", "fr", "-", given=filled).stdout
    assert words(elsewhere, "--missing", "fr").stdout == "{}\n"
    with (elsewhere / "translations/fr/LC_MESSAGES/messages.mo").open("rb") as file:
        compiled = GNUTranslations(file)
    assert compiled.gettext("New for %(name)s") == "Nouveau : %(name)s"
    assert compiled.ngettext("%(num)s new mail", "%(num)s new mails", 2) == "%(num)s e-mails"
    assert compiled.pgettext("button", "Unsubscribe") == "Me désinscrire"


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"New for %(name)s": "Neu für %(nam)s"}, "other placeholders"),
        ({"New for %(name)s": ["Neu", "Neue"]}, "one form"),
        ({"Of long ago": "Von damals"}, "not in the catalogue"),
    ],
)
def test_a_translation_that_does_not_fit_is_refused(elsewhere: Path, given: object, why: str) -> None:
    before = (elsewhere / "translations/de/LC_MESSAGES/messages.po").read_bytes()
    done = words(elsewhere, "--fill", "de", "-", given=given)
    assert (done.returncode, done.stdout) == (1, "")
    assert why in done.stderr
    assert (elsewhere / "translations/de/LC_MESSAGES/messages.po").read_bytes() == before
