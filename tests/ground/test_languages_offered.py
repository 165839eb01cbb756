"""The languages are listed once: by the folders of their catalogues."""

import re
from pathlib import Path

import pytest

from signup.ground.i18n import CATALOGUES, LANGUAGES

ROOT = Path(__file__).parents[2]
CODE = rf"""["']?\b(?:{"|".join(LANGUAGES)})\b["']?"""
LIST = re.compile(rf"{CODE}(?:\s*[,|]\s*{CODE}){{2}}")
NAMED = re.compile(rf"\b(\w+)_({'|'.join(LANGUAGES)}) = ")


def test_every_folder_of_a_catalogue_is_a_language_with_its_own_name() -> None:
    assert set(LANGUAGES) == {"en", *(path.parent.name for path in CATALOGUES.glob("*/LC_MESSAGES"))}
    assert (LANGUAGES["fr"], LANGUAGES["it"]) == ("Français", "Italiano")


@pytest.mark.parametrize("folder", ["signup", "templates", "embed", "translations"])
def test_no_code_lists_the_languages_again(folder: str) -> None:
    for path in sorted((ROOT / folder).rglob("*")):
        if path.suffix in {".py", ".html", ".js"} and "node_modules" not in path.parts:
            text = path.read_text()
            assert not LIST.search(text), path
            assert len({code for _name, code in NAMED.findall(text)}) < 3, path


def test_a_list_of_languages_would_be_found() -> None:
    for line in ('("en", "fr", "de")', "en|fr|de|nl|it", "['de', 'nl', 'it']"):
        assert LIST.search(line)
