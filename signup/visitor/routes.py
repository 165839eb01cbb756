"""The visitor's door: every public address and what answers there."""

from flask import Blueprint

from signup.forms import input_attributes
from signup.forms.looks import look_style
from signup.visitor import (
    answer_later,
    confirm,
    confirm_by_code,
    download,
    embed,
    embed_script,
    hints,
    kiosk_page,
    letter_reactions,
    origin,
    picture,
    resend_mail,
    show_form,
    sighting_beacon,
    signup_state,
    submit,
    thanks,
)
from signup.visitor.letter_archive import archive_page, feed, letter_page
from signup.visitor.own_data import erase_myself, new_address, personal_copy, preferences, receipt, unsubscribe

bp = Blueprint("forms", __name__, static_folder="static", static_url_path="/static")
bp.add_app_template_global(input_attributes.attributes, "input_attributes")
bp.add_app_template_filter(letter_page.long_day, "long_day")

bp.add_url_rule("/f/<public_id>", "show", show_form.show, methods=["GET"], provide_automatic_options=False)
bp.add_url_rule("/f/<public_id>", "submit", submit.submit, methods=["POST"], provide_automatic_options=False)
bp.add_url_rule("/f/<public_id>", "preflight", origin.preflight, methods=["OPTIONS"], provide_automatic_options=False)
bp.add_url_rule("/f/<public_id>/thanks", "thanks", thanks.thanks, methods=["GET"])
bp.add_url_rule(
    "/f/<public_id>/code", "code", confirm_by_code.enter_code, methods=["POST"], provide_automatic_options=False
)
bp.add_url_rule(
    "/f/<public_id>/code",
    "code_preflight",
    origin.preflight,
    methods=["OPTIONS"],
    provide_automatic_options=False,
)
bp.add_url_rule("/f/<public_id>/again", "again", resend_mail.again, methods=["POST"], provide_automatic_options=False)
bp.add_url_rule(
    "/f/<public_id>/again",
    "again_preflight",
    origin.preflight,
    methods=["OPTIONS"],
    provide_automatic_options=False,
)
bp.add_url_rule("/f/<public_id>/state", "state", signup_state.state, methods=["GET"])
bp.add_url_rule("/f/<public_id>/hints", "hints", hints.hints, methods=["POST"], provide_automatic_options=False)
bp.add_url_rule("/f/<public_id>/seen", "seen", sighting_beacon.seen, methods=["POST"], provide_automatic_options=False)
bp.add_url_rule(
    "/f/<public_id>/answers", "answers", answer_later.answer_later, methods=["POST"], provide_automatic_options=False
)
bp.add_url_rule("/f/<public_id>/embed", "embed", embed.embed, methods=["GET"])
bp.add_url_rule("/embed.js", "script", embed_script.script, methods=["GET"])
# The same file name: the script finds its tags by it.
bp.add_url_rule("/embed/<digest>/embed.js", "pinned_script", embed_script.pinned, methods=["GET"])
bp.add_url_rule("/colours/<name>.css", "colours", look_style.sheet, methods=["GET"])
bp.add_url_rule("/o/<token>", "opened", letter_reactions.opened, methods=["GET"])
bp.add_url_rule("/c/<token>", "clicked", letter_reactions.clicked, methods=["GET"])
bp.add_url_rule("/archive/<slug>", "archive", archive_page.archive_page, methods=["GET"])
bp.add_url_rule("/archive/<slug>/feed.xml", "archive_feed", feed.archive_feed, methods=["GET"])
bp.add_url_rule("/archive/<slug>/<uuid:uid>", "archived_letter", letter_page.archived_letter, methods=["GET"])
bp.add_url_rule("/picture/<name>", "picture", picture.show, methods=["GET"])
bp.add_url_rule("/k/worker.js", "kiosk_worker", kiosk_page.worker, methods=["GET"])
bp.add_url_rule("/k/<token>", "kiosk", kiosk_page.show, methods=["GET"])
bp.add_url_rule(
    "/k/<token>/unlock", "kiosk_unlock", kiosk_page.unlock, methods=["POST"], provide_automatic_options=False
)
bp.add_url_rule(
    "/k/<token>/entries", "kiosk_entries", kiosk_page.entries, methods=["POST"], provide_automatic_options=False
)
bp.add_url_rule("/confirm/<token>", "confirm", confirm.confirm, methods=["GET", "POST"])
bp.add_url_rule("/unsubscribe/<token>", "unsubscribe", unsubscribe.unsubscribe, methods=["GET", "POST"])
bp.add_url_rule("/preferences/<token>", "preferences", preferences.preferences, methods=["GET", "POST"])
bp.add_url_rule("/preferences/<token>/receipt", "receipt", receipt.receipt, methods=["GET"])
bp.add_url_rule(
    "/preferences/<token>/copy",
    "ask_for_copy",
    personal_copy.ask_for_copy,
    methods=["POST"],
    provide_automatic_options=False,
)
bp.add_url_rule(
    "/preferences/<token>/erase",
    "ask_for_erasure",
    erase_myself.ask_for_erasure,
    methods=["POST"],
    provide_automatic_options=False,
)
bp.add_url_rule(
    "/preferences/<token>/address",
    "ask_for_new_address",
    new_address.ask_for_new_address,
    methods=["POST"],
    provide_automatic_options=False,
)
bp.add_url_rule("/new-address/<token>", "new_address", new_address.new_address, methods=["GET", "POST"])
bp.add_url_rule("/erase/<token>", "erase_myself", erase_myself.erase_myself, methods=["GET", "POST"])
bp.add_url_rule("/copy/<token>", "personal_copy", personal_copy.personal_copy, methods=["GET", "POST"])
bp.add_url_rule("/download/<token>", "download", download.download, methods=["GET", "POST"])
