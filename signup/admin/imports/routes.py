"""Imports: every address, its lock, what it is about and its help."""

from signup.access.operator import Permission
from signup.admin.frame.door import Lock
from signup.admin.frame.route_subject import IMPORT, ROWS
from signup.admin.frame.section import Section
from signup.admin.imports import import_read, import_rows, import_show, import_words, imports
from signup.ground.i18n import _

ANSWER = Lock(Permission.IMPORT, max_body=import_words.MAX_BODY)
UPLOAD = Lock(Permission.IMPORT, max_body=imports.MAX_BODY)
PROVED = Lock(Permission.IMPORT, proof=True)

section = Section(menu="exports", topic="import#dry-run-import-undo")
route = section.route

route("/contacts/imports", imports.imports, Permission.IMPORT, about=ROWS, name=_("Imports"))
route("/contacts/imports/new", imports.import_new, UPLOAD, "GET POST", about=ROWS, name=_("New import"))
route("/contacts/imports/<uuid:uid>", import_show.import_show, Permission.IMPORT, about=IMPORT)
route("/contacts/imports/<uuid:uid>/read", import_read.import_read, Permission.IMPORT, "GET POST", about=IMPORT)
route("/contacts/imports/<uuid:uid>/words", import_words.import_words, ANSWER, "POST", about=IMPORT)
route("/contacts/imports/<uuid:uid>/rows", import_rows.import_rows, ANSWER, "GET POST", about=IMPORT)
route("/contacts/imports/<uuid:uid>/rest", import_rows.import_rest, Permission.IMPORT, "POST", about=IMPORT)
route("/contacts/imports/<uuid:uid>/start", imports.import_start, Permission.IMPORT, "POST", about=IMPORT)
route("/contacts/imports/<uuid:uid>/cancel", imports.import_cancel, Permission.IMPORT, "POST", about=IMPORT)
route("/contacts/imports/<uuid:uid>/undo", imports.import_undo, PROVED, "POST", about=IMPORT)
route("/contacts/imports/<uuid:uid>/to-correct.csv", imports.import_problems, Permission.IMPORT, about=IMPORT)
