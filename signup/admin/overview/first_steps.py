"""What a new service still needs before it does its work, in order; gone once all of it is done."""

from dataclasses import dataclass
from typing import Any

from signup.access import scope
from signup.access.operator import Permission
from signup.admin.frame import door
from signup.ground.i18n import _


@dataclass(frozen=True)
class FirstStep:
    """One thing to do. `title` and `text` are marked for translation, translated where shown."""

    endpoint: str
    title: Any
    text: Any
    is_done: bool


def first_steps(*, has_purpose: bool, has_lists: bool, has_forms: bool, has_people: bool) -> list[FirstStep]:
    """The steps that this operator may take, done or not; empty when none is left."""
    mine = [FirstStep("account", _("Set a password"), PASSWORD, door.operator().password_hash is not None)]
    if scope.sees_everything() and door.may(Permission.SETTINGS):
        mine.append(FirstStep("setup", _("Say what your contacts are for"), OBJECTIVES, has_purpose))
    if scope.sees_everything() and door.may(Permission.LISTS_EDIT):
        mine.append(FirstStep("list_new", _("Add a list"), LIST, has_lists))
    if door.may(Permission.FORMS_EDIT) and (has_lists or has_forms):
        mine.append(FirstStep("form_new", _("Publish a form"), FORM, has_forms))
    if door.may(Permission.FORMS_SEE) and has_forms:
        mine.append(FirstStep("forms", _("Put the form on a page and sign up"), PLACE, has_people))
    return mine if any(not step.is_done for step in mine) else []


PASSWORD = _("You signed in with a link that works once. Without a password you cannot export, undo or sign in again.")
OBJECTIVES = _("It decides which few fields are worth asking for, and which number comes first here.")
LIST = _("What people sign up for: a newsletter, a kind of news. It has a sender and a data controller.")
FORM = _("It asks for the email address and what else you need. The defaults are ready to publish.")
PLACE = _("Sign up yourself and confirm: you see here at once that everything works.")
