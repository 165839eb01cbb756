"""One of several options in a list that opens: for more of them than one likes to see. A choice asked another way."""

from typing import ClassVar

from signup.fields.kinds.choice import Choice
from signup.fields.kinds.kind import Widget
from signup.ground.i18n import pgettext


class DropDown(Choice):
    name = "drop_down"
    label = pgettext("kind", "Drop-down")
    compared_as = Choice.name
    widget = Widget.SELECT
    attributes: ClassVar = {}
    is_of_fields = False
