"""Files for services that send mail: Mailchimp, Brevo, HubSpot, Klaviyo; and the list of who must not be mailed."""

from dataclasses import replace

from signup.exports.presets import preset_value
from signup.exports.presets.export_preset import Cell, ExportPreset, Table, Whom
from signup.ground.i18n import _

NAMES = ("first_name", "last_name", "whole_name")
PHONE = ("phone", "country")
MEGABYTE = 1_000_000
SHORT = preset_value.clipped(255)


def _short_given(first: str, last: str, whole: str) -> str:
    return SHORT(preset_value.given_name(first, last, whole))


def _short_family(first: str, last: str, whole: str) -> str:
    return SHORT(preset_value.family_name(first, last, whole))


# https://mailchimp.com/help/format-guidelines-for-your-import-file/
MAILCHIMP = ExportPreset(
    "mailchimp",
    "Mailchimp",
    _(
        "Contacts with tags, birthday, and the times and IP addresses of both opt-ins, named as in Mailchimp’s own"
        " exports. Choose “Subscribed” when you upload it. Texts are cut at 255 bytes, as in Mailchimp."
    ),
    (
        Table(
            "mailchimp",
            (
                Cell("Email Address", ("email",)),
                Cell("First Name", NAMES, _short_given),
                Cell("Last Name", NAMES, _short_family),
                Cell("Address", ("street", "locality", "region", "postal_code", "country"), preset_value.one_address),
                Cell("Phone Number", PHONE, preset_value.phone),
                Cell("Birthday", ("birth_date",), preset_value.month_and_day),
                Cell("Tags", ("interests",), preset_value.chosen),
                Cell("OPTIN_TIME", ("signup_at",), preset_value.moment),
                Cell("OPTIN_IP", ("signup_ip",)),
                Cell("CONFIRM_TIME", ("confirm_at",), preset_value.moment),
                Cell("CONFIRM_IP", ("confirm_ip",)),
            ),
        ),
    ),
    mark="EXPORT_ID",
    plain_local_part=True,
)

# https://help.brevo.com/hc/en-us/articles/208729849
BREVO = ExportPreset(
    "brevo",
    "Brevo",
    _(
        "For an account set up in English. Map DOUBLE_OPT-IN to the category attribute of that name: 1 means the"
        " address was confirmed. Files above 250 MB are split."
    ),
    (
        Table(
            "brevo",
            (
                Cell("EMAIL", ("email",)),
                Cell("FIRSTNAME", NAMES, preset_value.given_name),
                Cell("LASTNAME", NAMES, preset_value.family_name),
                Cell("SMS", PHONE, preset_value.phone),
                Cell("EXT_ID", ("contact_uid",)),
                Cell("DOUBLE_OPT-IN", constant="1"),
            ),
        ),
    ),
    max_bytes=250 * MEGABYTE,
    mark="EXPORT_ID",
    takes_proof=True,
)
BREVO_FR = replace(
    BREVO,
    name="brevo-fr",
    label=_("Brevo, account in French"),
    about=_("Like Brevo, with the attribute names PRENOM and NOM of an account set up in French."),
    tables=(
        Table(
            "brevo",
            tuple(
                cell._replace(heading={"FIRSTNAME": "PRENOM", "LASTNAME": "NOM"}.get(cell.heading, cell.heading))
                for cell in BREVO.tables[0].cells
            ),
        ),
    ),
)

# https://knowledge.hubspot.com/import-and-export/set-up-your-import-file
HUBSPOT = ExportPreset(
    "hubspot",
    "HubSpot",
    _("Contacts with the lifecycle stage “Subscriber”. Empty cells overwrite nothing there; you choose the owner."),
    (
        Table(
            "hubspot",
            (
                Cell("Email", ("email",)),
                Cell("First name", NAMES, preset_value.given_name),
                Cell("Last name", NAMES, preset_value.family_name),
                Cell("Phone number", PHONE, preset_value.phone),
                Cell("Company name", ("company",)),
                Cell("Lifecycle stage", constant="Subscriber"),
                Cell("Contact owner"),
            ),
        ),
    ),
    takes_proof=True,
)

# https://help.klaviyo.com/hc/en-us/articles/115005078027
KLAVIYO = ExportPreset(
    "klaviyo",
    "Klaviyo",
    _(
        "With the consent and its time. Klaviyo keeps no proof of a double opt-in it did not request itself:"
        " doi_confirmed_at stores the time as a profile property. Files above 50 MB are split."
    ),
    (
        Table(
            "klaviyo",
            (
                Cell("Email", ("email",)),
                Cell("First Name", NAMES, preset_value.given_name),
                Cell("Last Name", NAMES, preset_value.family_name),
                Cell("Phone Number", PHONE, preset_value.phone),
                Cell("Email Marketing Consent", constant="Subscribed"),
                Cell("Email Marketing Consent Timestamp", ("signup_at",), preset_value.iso_moment),
                Cell("doi_confirmed_at", ("confirm_at",), preset_value.iso_moment),
            ),
        ),
    ),
    max_bytes=50 * MEGABYTE,
    mark="export_id",
    takes_proof=True,
)

SUPPRESSION = ExportPreset(
    "suppression",
    _("Suppression list"),
    _(
        "People you must not email: unsubscribed, bounced, complained or suppressed. Upload it with every other"
        " file, or the other program will email them again. We keep only a keyed hash of erased people, so they are"
        " not in it."
    ),
    (
        Table(
            "suppression",
            (
                Cell("Email", ("email",)),
                Cell("Email_SHA256", ("email",), preset_value.hashed),
                Cell("Reason", ("status", "stopped"), preset_value.reason),
                Cell("Since", ("state_at",), preset_value.iso_moment),
            ),
        ),
    ),
    whom=Whom.STOPPED,
    mark="export_id",
)
MAIL_SERVICES = (MAILCHIMP, BREVO, BREVO_FR, HUBSPOT, KLAVIYO)
