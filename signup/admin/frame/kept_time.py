"""How long something is kept, in the words of the reader."""

from datetime import timedelta

from flask_babel import format_timedelta, ngettext
from flask_babel import gettext as _

from signup.privacy.retention_rule import RetentionRule

NEVER_WEEKS = 100
"""Seven days are seven days, not a week."""


def kept_time(rule: RetentionRule) -> str:
    """For how long, without after what."""
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
