"""The words for what a bulk edit does."""

from signup.ground.i18n import _, pgettext

BULK_ACTIONS = {
    "set": _("Set a value"),
    "clear": _("Remove a value"),
    "add": _("Add a choice"),
    "remove": _("Remove a choice"),
    "tag": _("Add a tag"),
    "untag": _("Remove a tag"),
    "unsubscribe": pgettext("operator", "Unsubscribe"),
    "erase": pgettext("operator", "Erase"),
}
