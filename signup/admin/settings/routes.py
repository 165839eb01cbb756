"""Settings, API keys and the audit trail: every address, its lock, what it is about and its help."""

from signup.access.operator import Permission
from signup.admin.frame.door import PROVED_SETTINGS
from signup.admin.frame.route_subject import EVERYTHING, NOTHING, ROWS
from signup.admin.frame.section import MenuEntry, Section
from signup.admin.settings import api_keys, audit_page, retention_page, settings, webhooks
from signup.ground.i18n import _

section = Section(
    menu=MenuEntry("settings", _("Settings"), "gear", Permission.OWN_ACCOUNT, order=11, is_below=True),
    topic="configuration#configuration",
    topics={
        api_keys: "api#keys",
        audit_page: "people#audit-trail",
        retention_page: "retention#retention",
        webhooks: "webhooks#webhooks",
    },
)
route = section.route

route("/settings", settings.settings, Permission.OWN_ACCOUNT, about=NOTHING)
route("/settings/service", settings.service_facts, Permission.SETTINGS, about=EVERYTHING, name=_("Service"))
route("/settings/keys", api_keys.api_keys, Permission.SETTINGS, about=EVERYTHING, name=_("API keys"))
route("/settings/keys/new", api_keys.api_key_new, PROVED_SETTINGS, "POST", about=EVERYTHING)
route("/settings/keys/<uuid:uid>/rotate", api_keys.api_key_rotate, PROVED_SETTINGS, "POST", about=EVERYTHING)
route("/settings/keys/<uuid:uid>/revoke", api_keys.api_key_revoke, PROVED_SETTINGS, "POST", about=EVERYTHING)
route("/settings/webhooks", webhooks.webhooks, Permission.SETTINGS, about=EVERYTHING, name=_("Webhooks"))
route("/settings/webhooks/new", webhooks.webhook_new, PROVED_SETTINGS, "POST", about=EVERYTHING)
route("/settings/webhooks/<uuid:uid>", webhooks.webhook, Permission.SETTINGS, about=EVERYTHING, name=_("Webhook"))
route("/settings/webhooks/<uuid:uid>/change", webhooks.webhook_change, PROVED_SETTINGS, "POST", about=EVERYTHING)
route("/settings/webhooks/<uuid:uid>/rotate", webhooks.webhook_rotate, PROVED_SETTINGS, "POST", about=EVERYTHING)
route("/settings/webhooks/<uuid:uid>/replay", webhooks.webhook_replay, PROVED_SETTINGS, "POST", about=EVERYTHING)
route("/settings/webhooks/<uuid:uid>/remove", webhooks.webhook_remove, PROVED_SETTINGS, "POST", about=EVERYTHING)
route("/settings/retention", retention_page.retention, Permission.SETTINGS, about=EVERYTHING, name=_("Retention"))
route("/settings/audit", audit_page.trail, Permission.OWN_ACCOUNT, about=ROWS, name=_("Audit trail"))
route("/settings/audit.csv", audit_page.trail_csv, Permission.OWN_ACCOUNT, about=ROWS)
