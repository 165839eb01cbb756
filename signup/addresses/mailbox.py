"""The kind of mailbox that an address names, by its text alone: free-mail, throw-away or role."""

from disposable_email_domains import blocklist

# Providers where strangers have their mailboxes side by side: their domain says nothing about who they are.
_FREE_MAIL = """
    gmail.com googlemail.com outlook.com outlook.fr outlook.de outlook.it outlook.be hotmail.com hotmail.co.uk
    hotmail.fr hotmail.de hotmail.it hotmail.be hotmail.ch hotmail.nl live.com live.co.uk live.fr live.de live.it
    live.be live.nl msn.com windowslive.com yahoo.com yahoo.co.uk yahoo.fr yahoo.de yahoo.it yahoo.es yahoo.ca
    yahoo.co.in yahoo.com.br yahoo.co.jp ymail.com rocketmail.com myyahoo.com icloud.com me.com mac.com aol.com
    aim.com gmx.net gmx.de gmx.ch gmx.at gmx.com gmx.fr gmx.org web.de email.de mail.de t-online.de magenta.de
    freenet.de arcor.de vodafone.de posteo.de posteo.net mailbox.org online.de unitybox.de orange.fr wanadoo.fr
    free.fr sfr.fr neuf.fr laposte.net bbox.fr numericable.fr aliceadsl.fr club-internet.fr bluewin.ch hispeed.ch
    sunrise.ch quickline.ch swissonline.ch libero.it virgilio.it tiscali.it alice.it tin.it tim.it inwind.it iol.it
    fastwebnet.it telenet.be skynet.be proximus.be scarlet.be voo.be ziggo.nl kpnmail.nl kpnplanet.nl planet.nl
    hetnet.nl xs4all.nl upcmail.nl home.nl casema.nl quicknet.nl chello.nl chello.at a1.net aon.at comcast.net
    verizon.net att.net sbcglobal.net bellsouth.net cox.net charter.net btinternet.com sky.com virginmedia.com
    talktalk.net ntlworld.com blueyonder.co.uk proton.me protonmail.com protonmail.ch pm.me tutanota.com tutanota.de
    tuta.io tuta.com fastmail.com fastmail.fm hey.com zoho.com mail.com email.com mail.ru inbox.ru list.ru bk.ru
    yandex.ru yandex.com ya.ru rambler.ru qq.com foxmail.com 163.com 126.com sina.com naver.com daum.net hanmail.net
    rediffmail.com seznam.cz centrum.cz email.cz wp.pl o2.pl onet.pl interia.pl op.pl uol.com.br bol.com.br
    terra.com.br telefonica.net movistar.es shaw.ca rogers.com sympatico.ca bigpond.com optusnet.com.au duck.com
"""
FREE_MAIL = frozenset(_FREE_MAIL.split())
# RFC 2142, and what else no single person reads.
_ROLES = """
    abuse noc security postmaster hostmaster usenet news webmaster www uucp ftp info marketing sales support admin
    administrator root sysadmin it helpdesk help contact contacts office hello mail email enquiries inquiries
    billing accounting accounts finance invoice invoices hr jobs careers recruitment press media team staff all
    everyone list lists listserv majordomo newsletter subscribe unsubscribe bounce bounces mailer-daemon no-reply
    noreply do-not-reply donotreply spam junk test privacy legal dpo gdpr compliance feedback service services shop
    store orders order reception secretary kontakt buero verwaltung rechnung bewerbung datenschutz presse service
    accueil bonjour compta comptabilite commande commandes secretariat direction segreteria amministrazione ufficio
    informazioni contatti klantenservice administratie
"""
ROLES = frozenset(_ROLES.split())


def is_free_mail(domain: str) -> bool:
    return domain in FREE_MAIL


def is_disposable(domain: str) -> bool:
    """Whether `domain`, or a domain above it, belongs to a provider of throw-away mailboxes."""
    labels = domain.split(".")
    return any(".".join(labels[start:]) in blocklist for start in range(len(labels) - 1))


def is_role(local: str) -> bool:
    """Whether the local part names a function and not a person; `info+shop` counts as `info`."""
    return local.lower().partition("+")[0] in ROLES


def impossible_sign(key: str) -> str:
    """The first character before the @ that no free-mail provider allows: they take ASCII only, so a letter with an
    accent is a typing error. Empty for possible addresses and for all other domains.
    """
    local, _at, domain = key.rpartition("@")
    if local.isascii() or domain not in FREE_MAIL:
        return ""
    return next(char for char in local if not char.isascii())
