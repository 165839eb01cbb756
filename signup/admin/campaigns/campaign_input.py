"""What operators type about a campaign."""

from typing import Any

from wtforms import BooleanField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import Length, NumberRange, Optional

from signup.access import scope
from signup.admin.frame.inputs import REQUIRED, Input, choices, strip
from signup.admin.frame.route_subject import segments_seen
from signup.ground.i18n import _

LONGEST = 200_000
MOST_AN_HOUR = 10_000_000
LAYOUTS = (
    ("letter", _("Letter: plain, as from a person")),
    ("news", _("News: with the logo")),
    ("magazine", _("Magazine: panels under a coloured band")),
)


class CampaignInput(Input):
    """One campaign; the names are the table's."""

    name = StringField(
        _("Name"), [REQUIRED, Length(max=120)], filters=[strip], description=_("For you alone: “Spring offer”.")
    )
    list_id = SelectField(_("List"), coerce=int)
    segment_id = SelectField(_("Who"), coerce=int)
    hypothesis = TextAreaField(
        _("What you expect"),
        [Length(max=500)],
        filters=[strip],
        description=_("And what would show it: “companies click twice as often”. The report reminds you."),
    )
    subject = StringField(_("Subject"), [REQUIRED, Length(max=200)], filters=[strip])
    preheader = StringField(
        _("Preview text"),
        [Length(max=200)],
        filters=[strip],
        description=_("Shown after the subject in the inbox; empty: the first words."),
    )
    body = TextAreaField(_("Text"), [Length(max=LONGEST)])
    layout = SelectField(_("Layout"), choices=lambda: choices(LAYOUTS))
    per_hour = IntegerField(
        _("Mails an hour, at most"),
        [Optional(), NumberRange(1, MOST_AN_HOUR)],
        description=_("Empty: as fast as the mail server takes them. A new sender begins slowly."),
    )

    unlisted = BooleanField(
        _("Leave it out of the archive"),
        description=_("Where the list has a public archive. Its page still opens from the email."),
    )

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.list_id.choices = choices((one.id, one.name) for one in scope.mailing_lists())
        segments = [(one.id, one.name) for one in segments_seen()]
        self.segment_id.choices = choices([(0, _("Everybody on the list")), *segments])

    def values(self) -> dict[str, Any]:
        """The columns as typed."""
        typed = {name: value for name, value in self.data.items() if name != "csrf_token"}
        return typed | {"segment_id": typed["segment_id"] or None}
