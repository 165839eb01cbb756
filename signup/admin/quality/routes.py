"""Data quality and grades: every address, its lock, what it is about and its help."""

from signup.access.operator import Permission
from signup.admin.frame.route_subject import EVERYTHING
from signup.admin.frame.section import Section
from signup.admin.quality import quality
from signup.ground.i18n import _

section = Section(menu="contacts", topic="quality#quality-categories-and-grades")
route = section.route

route("/contacts/<uuid:uid>/grade", quality.contact_grade, Permission.CONTACTS_EDIT, "POST", about=EVERYTHING)
route("/quality", quality.quality, Permission.STATISTICS, about=EVERYTHING, name=_("Quality"))
route("/quality.csv", quality.quality_csv, Permission.STATISTICS, about=EVERYTHING)
route(
    "/quality/grades",
    quality.grades,
    Permission.CONTACTS_EDIT,
    "GET POST",
    about=EVERYTHING,
    topic="quality#grades",
    name=_("Grades"),
)
