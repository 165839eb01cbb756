"""What administrators type about an operator: the invitation, the rights, the lists."""

from typing import Any

from wtforms import BooleanField, EmailField, SelectField, SelectMultipleField, StringField
from wtforms.validators import Length
from wtforms.widgets import CheckboxInput, ListWidget

from signup.access import scope
from signup.access.operator import MAY_HOLD, OWN_RIGHTS, Role
from signup.access.rights import Rights
from signup.admin.frame.inputs import REQUIRED, Input, choices, is_address, strip
from signup.admin.frame.words import ROLES
from signup.ground.i18n import OPERATOR_LANGUAGES, _

RIGHT_WORDS = {"may_export": _("Can export"), "may_import": _("Can import"), "may_send": _("Can send")}


class HeldInput(Input):
    """What an operator holds; the names are those of `Rights`."""

    role = SelectField(
        _("Role"),
        choices=choices(ROLES.items()),
        default="editor",
        description=_(
            "Viewers see numbers and masked contacts. Editors can also change lists and forms. Administrators can do"
            " everything, on every list."
        ),
    )
    may_export = BooleanField(_("Can export"))
    may_import = BooleanField(_("Can import"))
    may_send = BooleanField(_("Can send campaigns"))
    every_list = BooleanField(_("All lists, including future ones"))
    lists = SelectMultipleField(
        _("Lists"),
        coerce=int,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
        validate_choice=True,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lists.choices = choices((row.id, row.name) for row in scope.mailing_lists())

    def rights(self) -> Rights:
        """What was typed. A right that the role may not hold leaves with the former role."""
        role = Role(self.role.data)
        held = {name: right in MAY_HOLD[role] and bool(self[name].data) for right, name in OWN_RIGHTS.items()}
        return Rights(
            role=role,
            every_list=bool(self.every_list.data),
            lists=frozenset(self.lists.data or ()),
            disabled="disabled" in self and bool(self["disabled"].data),
            **held,
        )


class RightsInput(HeldInput):
    disabled = BooleanField(_("Disabled: cannot sign in, and is signed out everywhere"))


class InviteInput(HeldInput):
    address = EmailField(_("Email address"), [REQUIRED, is_address], filters=[strip])
    name = StringField(_("Name"), [Length(max=120)], filters=[strip])
    language = SelectField(_("Language"), choices=choices(OPERATOR_LANGUAGES.items()))
