"""What people and programs call the columns of address and name, in English, French, German, Italian, Dutch, Spanish
and Portuguese: in lower case without accents and signs, parted by bars.
"""

import re
import unicodedata

ADDRESS = (
    # English; Outlook, Google, Thunderbird, LDAP, Sage
    "email|e mail|mail|emails|e mails|email address|e mail address|mail address|email addresses|email adress|email id"
    "|primary email|primary e mail|primary email address|personal email|work email|business email"
    "|home email|private email"
    "|contact email|customer email|user email|billing email|subscriber email|your email"
    "|your email address|email 1|e mail 1"
    "|email1|e mail 1 value|email 1 value|email address 1|e mail address 1|ct email|email value|email contact"
    # French
    "|courriel|mel|messagerie|adresse e mail|adresse email|adresse mail|adresse de messagerie|adresse electronique"
    "|adresse de courriel|adresse courriel|courrier electronique|adresse de courrier electronique|adresse e mail 1"
    "|adresse de messagerie 1|adresse electronique principale|adresse e mail principale"
    "|e mail principal|email principal"
    "|premiere adresse electronique|votre email|votre e mail|votre adresse email"
    "|votre adresse e mail|votre adresse mail"
    "|e mail personnel|email personnel|e mail prive|e mail professionnel|email professionnel"
    "|mail pro|email pro|mail perso"
    # German
    "|e mail adresse|email adresse|emailadresse|mailadresse|mail adresse|e mail addresse|elektronische adresse|e post"
    "|e mail privat|email privat|e mail geschaftlich|e mail geschaeftlich|primare e mail adresse|primare e mail"
    "|haupt e mail|kontakt e mail|e mail adresse 1|ihre e mail adresse|deine e mail adresse|e mail kontakt"
    # Italian
    "|indirizzo email|indirizzo e mail|indirizzo mail|indirizzo di posta elettronica|indirizzo posta elettronica"
    "|posta elettronica|indirizzo di posta|indirizzo elettronico|e mail principale|email principale|email primaria"
    "|indirizzo e mail principale|indirizzo e mail 1|la tua email"
    # Dutch
    "|e mailadres|emailadres|e mail adres|email adres|mailadres|primair e mailadres|primaire e mail|e mailadres 1"
    "|elektronisch adres|e mail prive|e mail werk"
    # Spanish, Portuguese
    "|correo|correo electronico|correo e|direccion de correo electronico|direccion de correo|direccion de email"
    "|direccion de e mail|direccion email|direccion electronica|correo electronico 1|correo electronico principal"
    "|endereco de e mail|endereco de email|endereco de correio eletronico|correio eletronico"
)
NAMES = {
    "first_name": "first name|firstname|given name|forename|fname|prenom|prenoms|prenom usuel|vorname|rufname|voornaam"
    "|roepnaam|nome|nome proprio|nombre|nombre de pila",
    "last_name": "last name|lastname|surname|family name|lname|nom|nom de famille|nom usuel"
    "|nachname|familienname|zuname"
    "|achternaam|familienaam|cognome|apellido|apellidos|sobrenome|apelido",
    "name": "name|full name|fullname|display name|nom complet|nom et prenom|prenom et nom|nom prenom|prenom nom"
    "|nom a afficher|nom affiche|vollstandiger name|ganzer name|anzeigename|vor und nachname|naam|volledige naam"
    "|weergavenaam|nome completo|nome e cognome|cognome e nome|nome visualizzato|nombre completo|nombre y apellidos"
    "|nombre para mostrar",
}
PHRASES = {"email": ADDRESS} | NAMES
TARGET_OF = {phrase: target for target, phrases in PHRASES.items() for phrase in phrases.split("|")}
_TARGETS = frozenset(TARGET_OF)
_ADDRESS = frozenset(ADDRESS.split("|"))


def plain(name: str) -> str:
    """A heading in lower case, without accents and signs."""
    letters = unicodedata.normalize("NFKD", name.replace("ß", "ss")).encode("ascii", "ignore").decode().lower()
    return " ".join(re.findall(r"[a-z0-9]+", letters))


def looks_like_heading(cells: list[str]) -> bool:
    """Whether a row names an address column, or two columns of a name."""
    words = {plain(cell) for cell in cells if len(cell) < 80}  # noqa: PLR2004  # no heading is longer
    return bool(words & _ADDRESS) or len(words & _TARGETS) > 1
