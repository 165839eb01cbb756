"""What is kept how long, how much of it is due, and when a worker last looked."""

from flask import render_template
from flask.typing import ResponseReturnValue

from signup.admin.frame.kept_time import kept_time
from signup.privacy.retention import RETENTION


def retention() -> ResponseReturnValue:
    return render_template("admin/settings/retention.html", rules=[(rule, kept_time(rule)) for rule in RETENTION])
