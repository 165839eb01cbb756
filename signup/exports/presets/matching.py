"""Files that advertisers match with their own people. Only who agreed to just that is ever in one."""

from dataclasses import replace

from signup.checks.country import code_of
from signup.exports.presets import preset_value
from signup.exports.presets.export_preset import Cell, ExportPreset, Table, Whom
from signup.exports.presets.mail_services import NAMES, PHONE
from signup.ground.i18n import _

# https://support.google.com/google-ads/answer/7659867: English headings, commas, never semicolons
GOOGLE = ExportPreset(
    "google-ads",
    _("Google Ads Customer Match, plain"),
    _("Google hashes it as you upload. Only people who agreed to ad matching."),
    (
        Table(
            "customer-match",
            (
                Cell("Email", ("email",)),
                Cell("Phone", PHONE, preset_value.phone),
                Cell("First Name", NAMES, preset_value.given_name),
                Cell("Last Name", NAMES, preset_value.family_name),
                Cell("Country", ("country",), code_of),
                Cell("Zip", ("postal_code",)),
            ),
        ),
    ),
    whom=Whom.MATCHED,
)
GOOGLE_HASHED = replace(
    GOOGLE,
    name="google-ads-hashed",
    label=_("Google Ads Customer Match, hashed"),
    about=_(
        "SHA-256 of address, names and phone; country and postal code stay unhashed, as Google requires. Only with"
        " consent."
    ),
    tables=(
        Table(
            "customer-match",
            (
                Cell("Email", ("email",), preset_value.hashed),
                Cell("Phone", PHONE, preset_value.hashed_phone),
                Cell("First Name", NAMES, preset_value.hashed_given_name),
                Cell("Last Name", NAMES, preset_value.hashed_family_name),
                *GOOGLE.tables[0].cells[4:],
            ),
        ),
    ),
)

# https://www.facebook.com/business/help/2082575038703844
META = ExportPreset(
    "meta",
    _("Meta custom audience"),
    _(
        "Facebook and Instagram hash it as you upload, and require at least 100 people. Only people who agreed to ad"
        " matching."
    ),
    (
        Table(
            "custom-audience",
            (
                Cell("email", ("email",)),
                Cell("phone", PHONE, preset_value.phone),
                Cell("fn", NAMES, preset_value.given_name),
                Cell("ln", NAMES, preset_value.family_name),
                Cell("ct", ("locality",)),
                Cell("st", ("region",)),
                Cell("zip", ("postal_code",)),
                Cell("country", ("country",), code_of),
                Cell("dob", ("birth_date",), preset_value.day),
                Cell("doby", ("birth_date",), preset_value.year),
                Cell("gen", ("gender",), preset_value.sex),
            ),
        ),
    ),
    whom=Whom.MATCHED,
)

# https://ads.tiktok.com/help/article/custom-audience-customer-file: its pages disagree about the + of a phone number
TIKTOK = ExportPreset(
    "tiktok",
    _("TikTok custom audience"),
    _("SHA-256 of address and phone number, the number with its +. Only people who agreed to ad matching."),
    (
        Table(
            "custom-audience",
            (
                Cell("Email_SHA256", ("email",), preset_value.hashed),
                Cell("Phone_SHA256", PHONE, preset_value.hashed_phone),
            ),
        ),
    ),
    whom=Whom.MATCHED,
)
TIKTOK_DIGITS = replace(
    TIKTOK,
    name="tiktok-digits",
    label=_("TikTok custom audience, numbers without +"),
    about=_(
        "Like the other one, but the phone number is hashed without its +: TikTok’s help mentions both. Compare the"
        " match rates."
    ),
    tables=(
        Table(
            "custom-audience",
            (
                Cell("Email_SHA256", ("email",), preset_value.hashed),
                Cell("Phone_SHA256", PHONE, preset_value.hashed_digits),
            ),
        ),
    ),
)
MATCHING = (GOOGLE, GOOGLE_HASHED, META, TIKTOK, TIKTOK_DIGITS)
