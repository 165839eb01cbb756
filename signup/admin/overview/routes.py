"""The first page: every address, its lock, what it is about and its help."""

from signup.access.operator import Permission
from signup.admin.frame.route_subject import ROWS
from signup.admin.frame.section import MenuEntry, Section
from signup.admin.overview import overview
from signup.ground.i18n import _

section = Section(
    menu=MenuEntry("overview", _("Overview"), "home", Permission.STATISTICS, order=1), topic="funnel#the-funnel"
)
route = section.route

route("/", overview.overview, Permission.STATISTICS, about=ROWS)
route("/overview.csv", overview.overview_csv, Permission.STATISTICS, about=ROWS)
