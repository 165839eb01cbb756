"""Answers that a file may bring though no form asks for them: how to reach somebody, and the company they work for.

A form's question with the same key goes before: it may have another type and words of its own.
"""

from typing import Any

from signup.ground.i18n import _

LABELS: dict[str, Any] = {
    "phone": _("Phone"),
    "street": _("Street and number"),
    "postal_code": _("Postal code"),
    "city": _("Town"),
    "country": _("Country, two letters"),
    "company": _("Company"),
    "job": _("Job function"),
    "company_number": _("Company or VAT number"),
    "website": _("Company website"),
    "company_country": _("Company country"),
    "company_postal_code": _("Postal code of the company"),
    "company_city": _("Town of the company"),
    "legal_form": _("Legal form"),
    "nace": _("Activity (NACE)"),
    "headcount": _("Number of employees"),
    "founded": _("Year founded"),
}
# Headings in lower case without accents and signs, as in `mapping`; a bar parts them.
HEADINGS = {
    "phone": "phone|phone number|telephone|tel|mobile|mobile phone|telefon|telefoon|telefono"
    "|business phone|telephone fixe|portable|sms|phone 1 value",
    "street": "street|address|business street|rue|adresse|strasse|straat|indirizzo|via",
    "postal_code": "postal code|zip|zip code|postcode|code postal|cp|plz|npa|cap|business postal code",
    "city": "city|town|locality|ville|localite|ort|stadt|plaats|citta|business city",
    "country": "country|country code|pays|land|paese|business country region",
    "company": "company|company name|organization|organisation|organization name|societe|entreprise|raison sociale"
    "|firma|bedrijf|azienda|comp name",
    "job": "job title|title|function|fonction|poste|position|funktion|functie|funzione|organization title|role",
    "company_number": "company number|vat|vat number|vat id|tva|numero tva|n tva|siren|siret|uid|ide"
    "|mwst nummer|ust idnr|btw nummer|partita iva|numero d entreprise",
    "website": "website|web|url|site|site web|site internet|webseite|company domain name|comp website",
    "legal_form": "legal form|forme juridique|rechtsform|rechtsvorm|forma giuridica",
    "nace": "nace|nace code|naf|code naf|ape|code ape|activity code|sector",
    "headcount": "headcount|employees|number of employees|effectif|effectifs|nombre d employes|mitarbeiter|werknemers"
    "|dipendenti|comp employees",
    "founded": "founded|year founded|date de creation|annee de creation|grundungsjahr|anno di fondazione",
}


def fields() -> dict[str, dict[str, Any]]:
    """Each as a form's version says it. All are texts: no row is refused for what they hold."""
    return {key: {"key": key, "label": str(label), "type": "text", "options": []} for key, label in LABELS.items()}
