"""What docs and docstrings name is there: files, folders, modules and classes; each word is defined once."""

import builtins
import io
import re
import subprocess
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from signup import __version__
from signup.webhooks.event_name import EventName

ROOT = Path(__file__).parents[1]
QUOTED = re.compile(r"`([^`\n]+)`")
PATH = re.compile(r"(?!var/|\./)[a-z0-9_.-]+(?:/[a-z0-9_.-]+)+/?|[a-z0-9_-]+\.(?:py|html|md|js|css|toml|yaml|cfg)")
MODULE = re.compile(r"signup(?:\.\w+)+")
CLASS = re.compile(r"([A-Z][a-z]+[A-Z]\w*)(?:\.\w+)?(?:\(\))?")
# What is named because it is not here, and what only looks like a path.
NO_PATHS = {"models.py", "utils.py", "helpers.py", "text/plain", "word/document.xml"}
NO_CLASSES = {"RateLimit", "HasOptedOutOfEmail"}

pytestmark = pytest.mark.one_engine


@cache
def tracked() -> tuple[str, ...]:
    """All files of the repository, those too that are not committed yet."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    return tuple(path for path in listed if (ROOT / path).exists())


@cache
def parts_of_paths() -> frozenset[str]:
    """Every end of every path, with and without `.py`: `forms/form.py` is found, and so is `forms`."""
    whole = {path for file in tracked() for path in (file, *map(str, Path(file).parents))}
    parts = {"/".join(path.split("/")[start:]) for path in whole for start in range(path.count("/") + 1)}
    return frozenset(parts | {part.removesuffix(".py") for part in parts})


def pages() -> list[str]:
    """All pages but the changes, which tell of what was."""
    return [path for path in tracked() if path.endswith(".md") and path != "CHANGELOG.md"]


def quoted_in_pages() -> Iterator[tuple[str, str]]:
    for page in pages():
        for word in QUOTED.findall((ROOT / page).read_text()):
            yield page, word


@cache
def read_code() -> tuple[frozenset[str], tuple[tuple[str, str], ...]]:
    """Every identifier of the code, and what docstrings and comments quote."""
    names, quoted = set(dir(builtins)), []
    for path in (path for path in tracked() if path.endswith(".py")):
        for token in tokenize.generate_tokens(io.StringIO((ROOT / path).read_text()).readline):
            if token.type == tokenize.NAME:
                names.add(token.string)
            elif token.type == tokenize.COMMENT or token.string.startswith('"""'):
                quoted += [(path, word) for word in QUOTED.findall(token.string)]
    return frozenset(names), tuple(quoted)


def quoted() -> list[tuple[str, str]]:
    return [*quoted_in_pages(), *read_code()[1]]


def is_there(path: str) -> bool:
    return path.rstrip("/") in parts_of_paths()


def test_every_file_and_folder_that_is_named_is_there() -> None:
    named = [(where, word) for where, word in quoted() if PATH.fullmatch(word)]
    assert named
    assert [(where, word) for where, word in named if word not in NO_PATHS and not is_there(word)] == []


def test_every_path_that_newcomers_are_sent_to_is_there() -> None:
    named = [word for word in QUOTED.findall((ROOT / "CONTRIBUTING.md").read_text()) if "/" in word and " " not in word]
    assert len(named) > 40
    patterns = {word: re.sub(r"<\w+>", "*", word.rstrip("/")) for word in named}
    assert [word for word, path in patterns.items() if not ({*ROOT.glob(path)} or is_there(path))] == []


def test_every_module_that_is_named_is_there() -> None:
    named = [(where, word) for where, word in quoted() if MODULE.fullmatch(word)]
    assert named
    assert [(where, word) for where, word in named if not _is_in_a_module(word)] == []


def _is_in_a_module(name: str) -> bool:
    """Whether a dotted name is a module, or something that its module names."""
    module, _dot, last = name.rpartition(".")
    inside = f"{module.replace('.', '/')}.py"
    if name in set(EventName):  # what a webhook tells has a dot, too
        return True
    return is_there(name.replace(".", "/")) or (inside in tracked() and last in (ROOT / inside).read_text())


def test_every_class_that_is_named_is_there() -> None:
    named = {(where, found[1]) for where, word in quoted() if (found := CLASS.fullmatch(word))}
    assert named
    known = read_code()[0] | NO_CLASSES
    assert [(where, name) for where, name in named if name not in known] == []


def test_the_vocabulary_defines_each_word_once() -> None:
    table = (ROOT / "docs" / "vocabulary.md").read_text().partition("\n## ")[0]
    rows = re.findall(r"^\| (?!word \|)(.+?) \| .+ \|$", table, re.MULTILINE)
    words = [word for row in rows for word in row.split(", ")]
    assert len(words) > 100
    assert sorted(word for word in set(words) if words.count(word) > 1) == []


def test_each_decision_is_headed_by_its_own_number() -> None:
    decisions = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert decisions
    for number, page in enumerate(decisions, 1):
        assert page.name.startswith(f"{number:04}-")
        assert page.read_text().startswith(f"# {number}. "), page.name


def test_the_changes_begin_with_the_version_that_this_is() -> None:
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    released = [heading for heading in headings if heading != "Unreleased"]
    assert released[0].partition(" – ")[0] == __version__
    assert all(re.fullmatch(r"\d+\.\d+\.\d+ – \d{4}-\d\d-\d\d", heading) for heading in released)
