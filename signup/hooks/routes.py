"""The providers' door: every address and what answers there."""

from flask import Blueprint

from signup.hooks import bounce

bp = Blueprint("hooks", __name__, url_prefix="/hooks")

# No OPTIONS: providers' servers speak here, no browser does.
bp.add_url_rule("/bounce/<provider>", "bounce", bounce.bounce, methods=["POST"], provide_automatic_options=False)
