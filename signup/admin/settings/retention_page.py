"""What is kept how long, how much of it is due, and when a worker last looked."""

from flask import render_template
from flask.typing import ResponseReturnValue

from signup.privacy.retention import RETENTION


def retention() -> ResponseReturnValue:
    return render_template("admin/settings/retention.html", rules=RETENTION)
