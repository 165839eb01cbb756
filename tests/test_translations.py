"""The catalogues against the texts in code and templates. How to update a catalogue: the opening of `babel.cfg`."""

import re
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po

from signup.i18n import DEFAULT, LANGUAGES

ROOT = Path(__file__).parents[1]
TRANSLATED = sorted(LANGUAGES.keys() - {DEFAULT})
# What the code fills in: `%(name)s` at once, `{{ name }}` when a mail is rendered.
PLACEHOLDER = re.compile(r"%\(\w+\)\w|\{\{.*?\}\}|%%")
MARKED_IN_MAIL = re.compile(r'\[\[ _\("(.+?)"\) \]\]')
# French sets its high punctuation apart by a space that does not break, and writes its apostrophe curved.
NOT_FRENCH = re.compile(r"(?<![\u202f\u00a0])[;?!»]|(?<!\u00a0):(?!//)|«(?!\u00a0)|'|\"|\.\.\.")


def source(text: Message) -> tuple[str, ...]:
    """One string, or one for each number."""
    return (text.id,) if isinstance(text.id, str) else tuple(text.id)


def translation(text: Message) -> tuple[str, ...]:
    return (text.string or "",) if isinstance(text.string, str | None) else tuple(text.string)


def placeholders(text: str) -> list[str]:
    return sorted(PLACEHOLDER.findall(text))


def file_of(language: str, kind: str) -> Path:
    return ROOT / "translations" / language / "LC_MESSAGES" / f"messages.{kind}"


@pytest.fixture(scope="module")
def found() -> Catalog:
    """Every text that is marked for translation, as `pybabel extract` finds it."""
    with (ROOT / "babel.cfg").open() as config:
        methods, options = parse_mapping_cfg(config)  # type: ignore[no-untyped-call]  # the rest of Babel is typed
    catalog = Catalog()
    for _file, line, text, _comments, context in extract_from_dir(ROOT, methods, options):
        catalog.add(text, locations=[(_file, line)], context=context)
    return catalog


@pytest.fixture(scope="module", params=TRANSLATED)
def language(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def catalogue(language: str) -> Catalog:
    with file_of(language, "po").open("rb") as file:
        return read_po(file, locale=language)


def test_every_text_in_a_mail_is_found(found: Catalog) -> None:
    mails = [path.read_text() for path in (ROOT / "templates" / "mail").rglob("*") if path.is_file()]
    marked = {text for mail in mails for text in MARKED_IN_MAIL.findall(mail)}
    assert len(marked) == len({text for mail in mails for text in re.findall(r'\b_\("(.+?)"', mail)}) > 0
    assert sorted(text for text in marked if text not in found) == []


def test_every_text_is_translated(found: Catalog, catalogue: Catalog) -> None:
    texts = [(text, catalogue.get(text.id, text.context)) for text in found if text.id]
    assert [text.id for text, there in texts if there is None or not all(translation(there))] == []
    assert [text.id for text, there in texts if there is not None and there.fuzzy] == []


def test_no_translation_outlives_its_text(found: Catalog, catalogue: Catalog) -> None:
    assert [text.id for text in catalogue if text.id and found.get(text.id, text.context) is None] == []
    assert catalogue.obsolete == {}


def test_a_translation_keeps_the_placeholders(catalogue: Catalog) -> None:
    assert [
        (english, translated)
        for text in catalogue
        if text.id
        for english, translated in zip(source(text), translation(text), strict=True)
        if placeholders(english) != placeholders(translated)
    ] == []


def test_the_compiled_catalogue_is_the_written_one(language: str, catalogue: Catalog) -> None:
    fresh = BytesIO()
    write_mo(fresh, catalogue)
    fresh.seek(0)
    with file_of(language, "mo").open("rb") as file:
        compiled = read_mo(file)
    assert strings(compiled) == strings(read_mo(fresh))
    assert compiled.plural_expr == catalogue.plural_expr


def strings(catalog: Catalog) -> dict[tuple[str, ...], tuple[str, ...]]:
    return {source(text): translation(text) for text in catalog if text.id}


def test_french_is_set_as_french_is() -> None:
    with file_of("fr", "po").open("rb") as file:
        texts = [string for text in read_po(file, locale="fr") if text.id for string in translation(text)]
    assert [text for text in texts if NOT_FRENCH.search(PLACEHOLDER.sub("…", text))] == []
