"""Campaigns: every address, its lock, what it is about and its help."""

from signup.access.operator import Permission
from signup.admin.campaigns import campaign, campaign_edit, campaign_send, campaigns, letter_upload
from signup.admin.frame.door import Lock
from signup.admin.frame.route_subject import CAMPAIGN, ROWS
from signup.admin.frame.section import MenuEntry, Section
from signup.ground.i18n import _

section = Section(
    menu=MenuEntry("campaigns", _("Campaigns"), "mail", Permission.SEND, order=7), topic="campaigns#campaigns"
)
route = section.route
WRITE = Lock(Permission.SEND, max_body=letter_upload.MAX_BODY)

route("/campaigns", campaigns.campaigns, Permission.SEND, about=ROWS)
route("/campaigns/new", campaign_edit.campaign_new, WRITE, "GET POST", about=ROWS, name=_("New campaign"))
route("/campaigns/preview", campaign_edit.letter_preview, WRITE, "POST", about=ROWS)
route("/campaigns/picture", letter_upload.letter_picture, WRITE, "POST", about=ROWS)
route("/campaigns/<uuid:uid>", campaign.campaign, Permission.SEND, about=CAMPAIGN)
route("/campaigns/<uuid:uid>/letter", campaign.campaign_letter, Permission.SEND, about=CAMPAIGN)
route("/campaigns/<uuid:uid>/edit", campaign_edit.campaign_edit, WRITE, "GET POST", about=CAMPAIGN)
route("/campaigns/<uuid:uid>/copy", campaign_edit.campaign_copy, Permission.SEND, "POST", about=CAMPAIGN)
route("/campaigns/<uuid:uid>/delete", campaign_edit.campaign_delete, Permission.SEND, "POST", about=CAMPAIGN)
route("/campaigns/<uuid:uid>/test", campaign_send.campaign_test, Permission.SEND, "POST", about=CAMPAIGN)
route("/campaigns/<uuid:uid>/send", campaign_send.campaign_send, Permission.SEND, "GET POST", about=CAMPAIGN)
route("/campaigns/<uuid:uid>/move", campaign_send.campaign_move, Permission.SEND, "POST", about=CAMPAIGN)
route("/campaigns/<uuid:uid>/settle", campaign_send.campaign_settle, Permission.SEND, "POST", about=CAMPAIGN)
