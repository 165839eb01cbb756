"""Files for programs that keep customers: Salesforce, Sage CRM, CRM programs in French; and address books."""

from dataclasses import replace

from signup.checks.country import code_of
from signup.exports.presets import preset_value
from signup.exports.presets.export_preset import Cell, ExportPreset, Table
from signup.exports.presets.mail_services import NAMES, PHONE
from signup.ground.i18n import _

SAGE_ROWS = 5_000
FRENCH_ROWS = 10_000
LAST = (*NAMES, "email")

# https://help.salesforce.com/s/articleView?id=sf.lead_import.htm
SALESFORCE = ExportPreset(
    "salesforce",
    _("Salesforce, leads"),
    _(
        "For the Data Import Wizard. A lead needs a last name and a company: for consumers the company is “[not"
        " provided]”."
    ),
    (
        Table(
            "leads",
            (
                Cell("Last Name", LAST, preset_value.some_family_name),
                Cell("Company", ("company",), preset_value.company_or_private),
                Cell("First Name", NAMES, preset_value.given_name),
                Cell("Email", ("email",)),
                Cell("Phone", PHONE, preset_value.phone),
                Cell("Lead Source", ("source",)),
                Cell("Email Opt Out", constant="0"),
            ),
        ),
    ),
    takes_proof=True,
)

# https://help.sagecrm.com/on_premise/en/2024R2/Administration/Content/Administrator/DU_DataUploadFileRequirements.htm
ONCE = _(
    "At most 5,000 rows per file: larger exports come as several files in a ZIP. Never upload the same file twice:"
    " it creates duplicates."
)
SAGE_PERSON = ExportPreset(
    "sage-person",
    _("Sage CRM, people"),
    ONCE,
    (
        Table(
            "people",
            (
                Cell("Last Name", LAST, preset_value.some_family_name),
                Cell("First Name", NAMES, preset_value.given_name),
                Cell("Address 1", ("street",), preset_value.line),
                Cell("City", ("locality",)),
                Cell("Post Code", ("postal_code",)),
                Cell("Country", ("country",), code_of),
                Cell("Email", ("email",)),
                Cell("Phone", PHONE, preset_value.phone),
            ),
        ),
    ),
    max_rows=SAGE_ROWS,
    max_name=59,
)
SAGE_COMPANY = replace(
    SAGE_PERSON,
    name="sage-company",
    label=_("Sage CRM, companies"),
    about=_(
        "One person per row, with the company repeated; the first person becomes its main contact. Only people with"
        " a company. At most 5,000 rows per file. Never upload the same file twice: it creates duplicates."
    ),
    tables=(Table("companies", (Cell("Company Name", ("company",), preset_value.line), *SAGE_PERSON.tables[0].cells)),),
    needs=("company",),
)
SAGE_LEAD = replace(
    SAGE_PERSON,
    name="sage-lead",
    label=_("Sage CRM, leads"),
    tables=(
        Table(
            "leads",
            (
                Cell("Company Name", ("company",), preset_value.company_or_private),
                Cell("Last Name", LAST, preset_value.some_family_name),
                Cell("First Name", NAMES, preset_value.given_name),
                Cell("Description", ("source",)),
                Cell("Assigned to"),
                Cell("Email", ("email",)),
            ),
        ),
    ),
)

PERSONNE = (
    Cell("Nom", LAST, preset_value.some_family_name),
    Cell("Prénom", NAMES, preset_value.given_name),
    Cell("Fonction", ("job",)),
    Cell("E-mail", ("email",)),
    Cell("Téléphone", PHONE, preset_value.phone),
    Cell("Adresse", ("street",), preset_value.line),
    Cell("Code postal", ("postal_code",)),
    Cell("Ville", ("locality",)),
    Cell("Pays", ("country",), code_of),
    Cell("Origine", ("source",)),
    Cell("Date d'inscription", ("signup_at",), preset_value.day_of),
    Cell("Date de confirmation", ("confirm_at",), preset_value.day_of),
)
CRM_FR = ExportPreset(
    "crm-fr",
    _("French CRM, one file"),
    _(
        "Semicolons, UTF-8 with a byte order mark for Excel, French headings, 10,000 rows per file. As documented by"
        " Simple CRM, Koban and idylis; not verified with INES. Safe to open in a spreadsheet."
    ),
    (
        Table(
            "contacts",
            (Cell("Référence externe", ("contact_uid",)), Cell("Société", ("company",), preset_value.line), *PERSONNE),
        ),
    ),
    delimiter=";",
    encoding="utf-8-sig",
    max_rows=FRENCH_ROWS,
    for_people=True,
    mark="Référence export",
    takes_proof=True,
)
CRM_FR_CP1252 = replace(
    CRM_FR,
    name="crm-fr-cp1252",
    label=_("French CRM, one file, Windows encoding"),
    about=_(
        "Like the one above, in Windows-1252 for older programs. Characters it lacks lose their accents or become ?."
    ),
    encoding="cp1252",
)
CRM_FR_TWO = replace(
    CRM_FR,
    name="crm-fr-two",
    label=_("French CRM, companies and contacts"),
    about=_(
        "Two files in a ZIP, companies and contacts, linked by the company’s external reference. Otherwise like the"
        " one-file preset."
    ),
    tables=(
        Table(
            "contacts",
            (
                Cell("Référence externe", ("contact_uid",)),
                Cell("Référence société", ("company",), preset_value.reference),
                *PERSONNE,
            ),
        ),
        Table(
            "societes",
            (
                Cell("Référence externe", ("company",), preset_value.reference),
                Cell("Raison sociale", ("company",), preset_value.line),
            ),
            once_per="company",
        ),
    ),
)

# RFC 2426. The order of the cells is what `vcard_out` reads.
VCARD = ExportPreset(
    "vcard",
    _("vCard, for address books"),
    _("One card per person, vCard 3.0: works with Outlook, Apple, Google, Nextcloud and phones."),
    (
        Table(
            "vcard",
            (
                Cell("N", NAMES, preset_value.family_name),
                Cell("GIVEN", NAMES, preset_value.given_name),
                Cell("FN", ("whole_name", "first_name", "last_name"), preset_value.in_full),
                Cell("EMAIL", ("email",)),
                Cell("TEL", PHONE, preset_value.phone),
                Cell("ORG", ("company",)),
                Cell("TITLE", ("job",)),
                Cell("STREET", ("street",)),
                Cell("LOCALITY", ("locality",)),
                Cell("REGION", ("region",)),
                Cell("CODE", ("postal_code",)),
                Cell("COUNTRY", ("country",)),
                Cell("BDAY", ("birth_date",), preset_value.day),
                Cell("UID", ("contact_uid",)),
            ),
        ),
    ),
    extension="vcf",
    mark="X-EXPORT-ID",
)
SALES = (SALESFORCE, SAGE_COMPANY, SAGE_PERSON, SAGE_LEAD, CRM_FR, CRM_FR_CP1252, CRM_FR_TWO, VCARD)
