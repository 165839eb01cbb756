"""The program's door: every address and what answers there."""

from flask import Blueprint

from signup.api import redeem_codes

bp = Blueprint("api", __name__, url_prefix="/api/v1")

# No OPTIONS: no page of another origin may send a key from a visitor's browser.
bp.add_url_rule(
    "/codes/<path:code>/redeem",
    "redeem_code",
    redeem_codes.redeem_code,
    methods=["POST"],
    provide_automatic_options=False,
)
