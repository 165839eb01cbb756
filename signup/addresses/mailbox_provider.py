"""A person's mailbox provider, found by the domain alone: its name, and the page that opens its inbox.

Nothing here asks the network: a company's own domain that is hosted elsewhere has no provider here.
"""

from dataclasses import dataclass
from urllib.parse import quote

OTHER = "other"
"""Reports call every other domain so: a table of all domains would be a list of employers."""
SEARCH = "{search}"


@dataclass(frozen=True)
class MailboxProvider:
    """A public mailbox provider."""

    key: str
    """Lower case, at most 12 characters, for counts and reports."""
    name: str
    inbox: str
    """Opens the inbox of the person who is signed in there, or asks them to sign in."""
    search: str = ""
    """The same with a search in place of `{search}`, where the provider's URL can hold one."""

    def inbox_url(self, sender: str = "") -> str:
        """The inbox's URL. With `sender`, it searches for that sender where the provider can, spam included."""
        if not sender or not self.search:
            return self.inbox
        return self.search.replace(SEARCH, quote(sender, safe=""))


_GMAIL = MailboxProvider(
    "gmail",
    "Gmail",
    "https://mail.google.com/mail/u/0/",
    "https://mail.google.com/mail/u/0/#search/from%3A({search})+in%3Aanywhere",
)
_OUTLOOK = MailboxProvider("outlook", "Outlook", "https://outlook.live.com/mail/0/")
_YAHOO = MailboxProvider("yahoo", "Yahoo Mail", "https://mail.yahoo.com/")
_AOL = MailboxProvider("aol", "AOL Mail", "https://mail.aol.com/")
_ICLOUD = MailboxProvider("icloud", "iCloud Mail", "https://www.icloud.com/mail")
_PROTON = MailboxProvider("proton", "Proton Mail", "https://mail.proton.me/u/0/all-mail")
_GMX = MailboxProvider("gmx", "GMX", "https://www.gmx.net/")
_GMX_CH = MailboxProvider("gmx", "GMX", "https://www.gmx.ch/")
_GMX_AT = MailboxProvider("gmx", "GMX", "https://www.gmx.at/")
_GMX_COM = MailboxProvider("gmx", "GMX", "https://www.gmx.com/")
_WEB_DE = MailboxProvider("web.de", "WEB.DE", "https://web.de/")
_T_ONLINE = MailboxProvider("t-online", "T-Online", "https://email.t-online.de/")
_FREENET = MailboxProvider("freenet", "freenet", "https://webmail.freenet.de/")
_POSTEO = MailboxProvider("posteo", "Posteo", "https://posteo.de/")
_MAILBOX_ORG = MailboxProvider("mailbox.org", "mailbox.org", "https://login.mailbox.org/")
_ORANGE = MailboxProvider("orange", "Orange", "https://messagerie.orange.fr/")
_LAPOSTE = MailboxProvider("laposte", "La Poste", "https://www.laposte.net/accueil")
_FREE = MailboxProvider("free", "Free", "https://webmail.free.fr/")
_SFR = MailboxProvider("sfr", "SFR", "https://messagerie.sfr.fr/")
_BOUYGUES = MailboxProvider("bouygues", "Bouygues Telecom", "https://www.mail.bbox.bouyguestelecom.fr/")
_BLUEWIN = MailboxProvider("bluewin", "Bluewin", "https://email.bluewin.ch/")
_SUNRISE = MailboxProvider("sunrise", "Sunrise", "https://webmail.sunrise.ch/")
_PROXIMUS = MailboxProvider("proximus", "Proximus", "https://webmail.proximus.be/")
_TELENET = MailboxProvider("telenet", "Telenet", "https://webmail.telenet.be/")
_KPN = MailboxProvider("kpn", "KPN", "https://webmail.kpnmail.nl/")
_ZIGGO = MailboxProvider("ziggo", "Ziggo", "https://webmail.ziggo.nl/")
_LIBERO = MailboxProvider("libero", "Libero", "https://mail.libero.it/")
_VIRGILIO = MailboxProvider("virgilio", "Virgilio", "https://mail.virgilio.it/")
_TIM = MailboxProvider("tim", "TIM", "https://mail.tim.it/")
_FASTMAIL = MailboxProvider("fastmail", "Fastmail", "https://app.fastmail.com/mail/Inbox/")
_ZOHO = MailboxProvider("zoho", "Zoho Mail", "https://mail.zoho.com/")

PROVIDERS: dict[str, MailboxProvider] = {
    domain: provider
    for provider, domains in (
        (_GMAIL, "gmail.com googlemail.com"),
        (
            _OUTLOOK,
            (
                "outlook.com hotmail.com live.com msn.com outlook.fr hotmail.fr live.fr outlook.de hotmail.de live.de"
                " outlook.it hotmail.it live.it outlook.be hotmail.be live.be hotmail.nl live.nl hotmail.ch live.ch"
                " hotmail.co.uk live.co.uk outlook.es hotmail.es outlook.at hotmail.at"
            ),
        ),
        (
            _YAHOO,
            (
                "yahoo.com yahoo.fr yahoo.de yahoo.it yahoo.es yahoo.co.uk yahoo.nl yahoo.be yahoo.ch ymail.com"
                " rocketmail.com myyahoo.com"
            ),
        ),
        (_AOL, "aol.com aol.fr aol.de aol.it aim.com"),
        (_ICLOUD, "icloud.com me.com mac.com"),
        (_PROTON, "proton.me protonmail.com protonmail.ch pm.me"),
        (_GMX, "gmx.de gmx.net"),
        (_GMX_CH, "gmx.ch"),
        (_GMX_AT, "gmx.at"),
        (_GMX_COM, "gmx.com gmx.fr gmx.it gmx.es gmx.us gmx.co.uk gmx.org"),
        (_WEB_DE, "web.de"),
        (_T_ONLINE, "t-online.de magenta.de"),
        (_FREENET, "freenet.de"),
        (_POSTEO, "posteo.de posteo.net posteo.ch posteo.at"),
        (_MAILBOX_ORG, "mailbox.org"),
        (_ORANGE, "orange.fr wanadoo.fr"),
        (_LAPOSTE, "laposte.net"),
        (_FREE, "free.fr"),
        (_SFR, "sfr.fr neuf.fr cegetel.net club-internet.fr numericable.fr"),
        (_BOUYGUES, "bbox.fr"),
        (_BLUEWIN, "bluewin.ch bluemail.ch"),
        (_SUNRISE, "sunrise.ch hispeed.ch"),
        (_PROXIMUS, "proximus.be skynet.be"),
        (_TELENET, "telenet.be pandora.be"),
        (_KPN, "kpnmail.nl planet.nl hetnet.nl kpnplanet.nl"),
        (_ZIGGO, "ziggo.nl home.nl upcmail.nl casema.nl quicknet.nl chello.nl"),
        (_LIBERO, "libero.it iol.it inwind.it"),
        (_VIRGILIO, "virgilio.it"),
        (_TIM, "tim.it alice.it tin.it"),
        (_FASTMAIL, "fastmail.com fastmail.fm"),
        (_ZOHO, "zoho.com zohomail.com zohomail.eu"),
    )
    for domain in domains.split()
}


def provider_of(domain: str) -> MailboxProvider | None:
    """The provider of a domain in lower case. None for a domain that is not listed."""
    return PROVIDERS.get(domain)


def provider_key(domain: str) -> str:
    """The name of `domain` in counts: one of a short list, never a company's own domain."""
    found = PROVIDERS.get(domain)
    return found.key if found else OTHER


def names() -> dict[str, str]:
    """The name of each provider by its key."""
    return {provider.key: provider.name for provider in PROVIDERS.values()}
