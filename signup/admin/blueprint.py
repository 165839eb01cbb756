"""The operator's door. Each folder beside this file has a `routes.py` with its section; `frame` is what they share."""

from importlib import import_module
from pathlib import Path

from flask import Blueprint

from signup.admin.frame import figure, formatting
from signup.admin.frame.door import Door
from signup.admin.frame.section import Section
from signup.admin.frame.visible_menu import VisibleMenu

bp = Blueprint("admin", __name__, url_prefix="/admin", static_folder="static", static_url_path="/static")
door = Door(bp)


def _sections() -> list[Section]:
    """The section of each folder."""
    folders = sorted(path.parent.name for path in Path(__file__).parent.glob("*/routes.py"))
    return [import_module(f"signup.admin.{folder}.routes").section for folder in folders]


sections = _sections()
menu = VisibleMenu(sections)
for section in sections:
    section.add_to(door)

bp.context_processor(formatting.page_context)
bp.context_processor(menu.page_context)
bp.record_once(formatting.add_filters)
bp.record_once(figure.add_filters)
