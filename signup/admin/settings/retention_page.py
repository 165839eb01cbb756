"""What is kept how long, how much of it is due, and when a worker last looked."""

from datetime import timedelta

from flask import render_template
from flask.typing import ResponseReturnValue
from flask_babel import format_timedelta, ngettext
from flask_babel import gettext as _

from signup.privacy.retention import RETENTION
from signup.privacy.retention_rule import RetentionRule

NEVER_WEEKS = 100
"""Seven days are seven days, not a week."""


def retention() -> ResponseReturnValue:
    return render_template("admin/settings/retention.html", rules=[(rule, _kept(rule)) for rule in RETENTION])


def _kept(rule: RetentionRule) -> str:
    if isinstance(rule.after, timedelta):
        return str(
            format_timedelta(rule.after, granularity="hour" if rule.after.seconds else "day", threshold=NEVER_WEEKS)
            if rule.after
            else "–"
        )
    if not rule.count:
        return str(_("For ever"))
    if rule.after.endswith("_months"):
        return str(ngettext("%(num)s month", "%(num)s months", rule.count))
    return str(ngettext("%(num)s day", "%(num)s days", rule.count))
