"""Companies and their people: every address, its lock, what it is about and its help."""

from signup.access.operator import Permission
from signup.admin.companies import companies, company_edit
from signup.admin.frame.door import Lock
from signup.admin.frame.route_subject import EVERYTHING
from signup.admin.frame.section import Section
from signup.fields.field import FieldGroup
from signup.ground.i18n import _

SEE = Lock(Permission.CONTACTS_SEE, group=FieldGroup.HOUSEHOLD)
EDIT = Lock(Permission.CONTACTS_EDIT, group=FieldGroup.HOUSEHOLD)
EXPORT = Lock(Permission.EXPORT, proof=True, group=FieldGroup.HOUSEHOLD)

section = Section(menu="contacts", topic="companies#companies-and-households")
route = section.route

route("/companies", companies.companies, SEE, about=EVERYTHING, name=_("Companies"))
route("/companies.csv", companies.companies_csv, EXPORT, about=EVERYTHING)
route("/companies/new", company_edit.company_new, EDIT, "GET POST", about=EVERYTHING, name=_("New company"))
route("/companies/<uuid:uid>", companies.company, SEE, about=EVERYTHING)
route("/companies/<uuid:uid>/edit", company_edit.company_edit, EDIT, "GET POST", about=EVERYTHING)
route("/companies/<uuid:uid>/people", companies.company_person, EDIT, "POST", about=EVERYTHING)
route("/companies/<uuid:uid>/people/off", companies.company_person_off, EDIT, "POST", about=EVERYTHING)
