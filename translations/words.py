"""The catalogues: what belongs in which, and kept in step with code and templates. `python3 dev.py words` runs this.

In JSON a text's key is its English, after its context and U+0004 where it has one (as in a .mo file); a text with
a number has a list of its forms.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from signup.ground.i18n import DEFAULT, LANGUAGES, OPERATOR_LANGUAGES

ROOT = Path(__file__).resolve().parents[1]
TRANSLATED = sorted(LANGUAGES.keys() - {DEFAULT})
# Who reads a text is told by where it stands: here it is the operator, anywhere else it may be a visitor.
OPERATORS_PLACES = (
    "signup/admin/",
    "signup/exports/",
    "signup/fields/known_answer.py",
    "signup/files/",
    "signup/imports/",
    "signup/mailer/message_kind.py",
    "signup/privacy/retention.py",
    "signup/privacy/retention_rule.py",
    "templates/admin/",
    "templates/mail/invite/",
    "templates/mail/summary/",
    "templates/mail/webhook/",
    "templates/mail/reset/",
)
# What is defined beside visitors' texts and only shown to operators.
OPERATORS_CONTEXTS = {"kind"}
# What the code fills in: `%(name)s` at once, `{{ name }}` when a mail is rendered.
PLACEHOLDER = re.compile(r"%\(\w+\)\w|\{\{.*?\}\}|%%")
CONTEXT_END = "\x04"
UNDATED = datetime(2026, 1, 1, tzinfo=UTC)  # git knows when a text changed; dates in the files would only collide


class Refused(ValueError):
    """Translations that cannot be taken in as they are."""


def find() -> Catalog:
    """Every text that is marked for translation, with the files it stands in."""
    with (ROOT / "babel.cfg").open() as config:
        methods, options = parse_mapping_cfg(config)  # type: ignore[no-untyped-call]  # the rest of Babel is typed
    found = Catalog()
    # Babel's own filter leaves out folders with a leading underscore: the mails' parts are in one.
    is_ours = lambda folder: not Path(folder).name.startswith(".")  # noqa: E731  # its one use
    for file, line, text, _comments, context in extract_from_dir(ROOT, methods, options, directory_filter=is_ours):
        found.add(text, locations=[(file, line)], context=context)
    return found


def is_visitors(text: Message) -> bool:
    return text.context not in OPERATORS_CONTEXTS and any(
        not file.startswith(OPERATORS_PLACES) for file, _line in text.locations
    )


def wanted(found: Catalog, language: str) -> list[Message]:
    """The texts that `language` must have: all of them, or only the visitor's."""
    return [text for text in found if text.id and (language in OPERATOR_LANGUAGES or is_visitors(text))]


def read(language: str) -> Catalog:
    with file_of(language, "po").open("rb") as file:
        return read_po(file, locale=language)


def bring_up_to_date(found: Catalog, language: str) -> Catalog:
    """The catalogue with exactly the wanted texts: what is new is empty, what nobody uses any more is gone."""
    known = read(language) if file_of(language, "po").exists() else Catalog(locale=language)
    fresh = Catalog(
        locale=language,
        header_comment=f"# The texts in {Locale(language).english_name}. How to update this file: babel.cfg.",
        project="signup",
        version="service",
        creation_date=UNDATED,
        revision_date=UNDATED,
        fuzzy=False,
    )
    fresh.msgid_bugs_address = fresh.last_translator = fresh.language_team = ""  # no placeholders of Babel's
    for text in wanted(found, language):
        there = known.get(text.id, text.context)
        kept = there.string if there is not None and len(source(there)) == len(source(text)) else None
        fresh.add(text.id, kept or _unfilled(text), context=text.context)
    return fresh


def save(language: str, catalogue: Catalog) -> None:
    """Write the .po and, beside it, the .mo that is read at run time."""
    file_of(language, "po").parent.mkdir(parents=True, exist_ok=True)
    with file_of(language, "po").open("wb") as file:
        write_po(file, catalogue, width=0, no_location=True, sort_output=True)
    with file_of(language, "mo").open("wb") as file:
        write_mo(file, catalogue)


def missing(catalogue: Catalog) -> dict[str, str | list[str]]:
    """The texts that are not translated yet, by key, ready to be filled in."""
    empty = (text for text in catalogue if text.id and not all(forms(text)))
    return {key(text): "" if isinstance(text.id, str) else list(_unfilled(text)) for text in empty}


def _unfilled(text: Message) -> str | tuple[str, ...]:
    return "" if isinstance(text.id, str) else ("", "")  # all our languages have one form for one and one for many


def fill(catalogue: Catalog, given: dict[str, str | list[str]]) -> None:
    """Take translations in; one that is there already is replaced. Raises `Refused` and takes none."""
    by_key = {key(text): text for text in catalogue if text.id}
    problems = [f"not in the catalogue: {name!r}" for name in given if name not in by_key]
    for name, value in given.items():
        if name in by_key:
            problems += [f"{problem}: {name!r}" for problem in _problems(by_key[name], value)]
    if problems:
        raise Refused("\n".join(problems))
    for name, value in given.items():
        by_key[name].string = value if isinstance(value, str) else tuple(value)


def _problems(text: Message, given: str | list[str]) -> Iterator[str]:
    strings = (given,) if isinstance(given, str) else tuple(given)
    if isinstance(given, str) != isinstance(text.id, str) or len(strings) != len(source(text)):
        yield "one form for one and one for many, or one for all"
        return
    for english, translated in zip(source(text), strings, strict=True):
        if placeholders(english) != placeholders(translated):
            yield f"other placeholders in {translated!r}"


# One text


def key(text: Message) -> str:
    return f"{text.context}{CONTEXT_END}{source(text)[0]}" if text.context else source(text)[0]


def source(text: Message) -> tuple[str, ...]:
    """One string, or one for each number."""
    return (text.id,) if isinstance(text.id, str) else tuple(text.id)


def forms(text: Message) -> tuple[str, ...]:
    """The translation: one string, or one for each number; empty where there is none."""
    return (text.string or "",) if isinstance(text.string, str | None) else tuple(text.string)


def placeholders(text: str) -> list[str]:
    return sorted(PLACEHOLDER.findall(text))


def file_of(language: str, kind: str) -> Path:
    return ROOT / "translations" / language / "LC_MESSAGES" / f"messages.{kind}"


# The command


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="dev.py words", description="Bring the catalogues up to date with the code.")
    parser.add_argument("--missing", metavar="LANG", choices=TRANSLATED, help="print what is not translated, as JSON")
    parser.add_argument(
        "--fill", nargs=2, metavar=("LANG", "FILE"), help="take translations from such a JSON (- is the standard input)"
    )
    wish = parser.parse_args(arguments)
    found = find()
    catalogues = {language: bring_up_to_date(found, language) for language in TRANSLATED}
    if wish.missing:
        print(json.dumps(missing(catalogues[wish.missing]), ensure_ascii=False, indent=1))
        return 0
    if wish.fill:
        language, name = wish.fill
        if language not in catalogues:
            parser.error(f"no such language: {language}")
        try:
            fill(catalogues[language], json.loads(sys.stdin.read() if name == "-" else Path(name).read_text()))
        except ValueError as problem:
            print(problem, file=sys.stderr)
            return 1
    for language, catalogue in catalogues.items():
        save(language, catalogue)
        empty = missing(catalogue)
        print(f"{language}: {len(empty)} of {len(catalogue)} texts to translate")
        for name in empty:
            print(f"    {name.replace(CONTEXT_END, ' | ')}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
