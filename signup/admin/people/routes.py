"""Signing in, one's own account, and operators: every address, its lock, what it is about and its help."""

from signup.access.operator import Permission
from signup.admin.frame.door import PROVED_SETTINGS, Lock
from signup.admin.frame.route_subject import EVERYTHING, NOTHING
from signup.admin.frame.section import Section
from signup.admin.people import account, forgotten_password, operators, second_factor, sign_in
from signup.ground.i18n import _

OPEN = Lock(None)
PROVED_OWN = Lock(Permission.OWN_ACCOUNT, proof=True)

section = Section(
    menu="settings",
    topic="people#signing-in",
    topics={operators: "people#inviting-someone", second_factor: "people#two-factor-authentication"},
)
route = section.route

route("/sign-in", sign_in.sign_in, OPEN, "GET POST", about=NOTHING)
route("/sign-in/second", sign_in.second_step, OPEN, "POST", about=NOTHING)
route("/sign-in/forgot", forgotten_password.forgot, OPEN, "GET POST", about=NOTHING)
route("/ticket/<token>", sign_in.ticket, OPEN, "GET POST", about=NOTHING)
route("/prove", sign_in.prove, Permission.OWN_ACCOUNT, "GET POST", about=NOTHING, topic="people#roles", menu="")
route("/sign-out", sign_in.sign_out, Permission.OWN_ACCOUNT, "POST", about=NOTHING)
route("/settings/operators", operators.operators, PROVED_SETTINGS, about=EVERYTHING, name=_("Operators"))
route("/settings/operators/invite", operators.operator_invite, PROVED_SETTINGS, "POST", about=EVERYTHING)
route("/settings/operators/hidden", operators.groups_hide, PROVED_SETTINGS, "POST", about=EVERYTHING)
route("/settings/operators/<uuid:uid>/link", operators.operator_ticket, PROVED_SETTINGS, "POST", about=EVERYTHING)
route("/settings/operators/<uuid:uid>", operators.operator_edit, PROVED_SETTINGS, "GET POST", about=EVERYTHING)
route("/settings/account", account.account, Permission.OWN_ACCOUNT, "GET POST", about=NOTHING, name=_("My account"))
route("/settings/account/password", account.account_password, Permission.OWN_ACCOUNT, "POST", about=NOTHING)
route("/settings/account/language", account.account_language, Permission.OWN_ACCOUNT, "POST", about=NOTHING)
route(
    "/settings/account/second-factor",
    second_factor.second_factor,
    PROVED_OWN,
    "GET POST",
    about=NOTHING,
    name=_("Two-factor authentication"),
)
route("/settings/account/second-factor/off", second_factor.second_factor_off, PROVED_OWN, "POST", about=NOTHING)
route("/settings/account/passkeys/new", second_factor.passkey_new, PROVED_OWN, "GET POST", about=NOTHING)
route("/settings/account/passkeys/<uuid:uid>/remove", second_factor.passkey_remove, PROVED_OWN, "POST", about=NOTHING)
route("/settings/account/recovery-codes", second_factor.recovery_codes, PROVED_OWN, "POST", about=NOTHING)
route("/settings/account/sessions/end", account.sessions_end, Permission.OWN_ACCOUNT, "POST", about=NOTHING)
route(
    "/settings/account/sessions/<int:session_id>/end",
    account.session_end,
    Permission.OWN_ACCOUNT,
    "POST",
    about=NOTHING,
)
