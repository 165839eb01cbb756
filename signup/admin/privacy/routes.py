"""Erasing people and legal holds: every address, its lock, what it is about and its help."""

from signup.admin.frame.door import PROVED_ERASE
from signup.admin.frame.route_subject import EVERYTHING
from signup.admin.frame.section import Section
from signup.admin.privacy import contact_erase, legal_holds

section = Section(menu="contacts", topic="erasure#who-erases", topics={legal_holds: "erasure#legal-hold"})
route = section.route

route("/contacts/<uuid:uid>/erase", contact_erase.contact_erase, PROVED_ERASE, "GET POST", about=EVERYTHING)
route("/contacts/<uuid:uid>/hold", legal_holds.hold_set, PROVED_ERASE, "POST", about=EVERYTHING)
route("/contacts/<uuid:uid>/hold/lift", legal_holds.hold_lift, PROVED_ERASE, "POST", about=EVERYTHING)
