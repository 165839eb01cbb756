"""The folders of the admin: what one needs of another is never in a file of views."""

import ast
from pathlib import Path

import pytest

from signup.admin.blueprint import sections

pytestmark = pytest.mark.one_engine
ROOT = Path(__file__).parents[2]
FILES = {page.view.__module__ for section in sections for page in section.pages}


def _imported(path: Path) -> set[str]:
    """The modules that a file imports from, or imports by name."""
    nodes = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom) and node.module]
    return {str(node.module) for node in nodes} | {f"{node.module}.{one.name}" for node in nodes for one in node.names}


def test_no_file_imports_from_the_views_of_another_folder() -> None:
    found = set()
    for path in (ROOT / "signup").rglob("*.py"):
        folder = ".".join(path.relative_to(ROOT).parent.parts)
        found |= {f"{path.name}: {name}" for name in _imported(path) & FILES if name.rpartition(".")[0] != folder}
    assert found == set()
    assert len(FILES) > 40
