"""What gunicorn serves while it is measured: the application, and beside it an address that only parses and answers."""

from flask import jsonify, request
from flask.typing import ResponseReturnValue

from signup.app import create_app
from signup.forms.form import Definition
from signup.signups import submitted

_ANY = Definition(title="parse", wording="parse only, nothing is stored")


def parse_only() -> ResponseReturnValue:
    """The yardstick: the same server, request and shape of answer, without anything in between."""
    given = submitted.read(request, _ANY)
    return jsonify(status="pending", signup=given.email), 202


app = create_app()
app.add_url_rule("/bench/parse", "bench.parse", parse_only, methods=["POST"])
