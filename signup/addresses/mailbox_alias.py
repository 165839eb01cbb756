"""The spellings that reach one mailbox, by each provider's rules. For limits only: no email goes there.

The sub-address behind a plus is cut before, at every domain: Gmail, Outlook, iCloud, Proton, Fastmail, Yandex and most
others deliver `ada+anything` to `ada`.
"""

from typing import NamedTuple


class _Provider(NamedTuple):
    """How a provider reads the addresses of its `domains`."""

    domains: str
    is_one: bool = False
    """Each local part is the same mailbox at all of the domains."""
    ignored: str = ""
    """Characters that make no difference in a local part."""
    same: str = ""
    """Characters that are equal to each other."""
    cut_at: str = ""
    """Characters besides the plus that begin a sub-address."""
    has_subdomains: bool = False
    """`anything@ada.domain` reaches `ada@domain`."""


_PROVIDERS = (
    # support.google.com/mail/answer/7436150: dots do not matter; googlemail.com is gmail.com.
    _Provider("gmail.com googlemail.com", is_one=True, ignored="."),
    # proton.me/support/addresses-and-aliases: dots, hyphens and underscores do not matter; the short domain and the
    # older
    # ones are additional addresses of the same account.
    _Provider("proton.me pm.me protonmail.com protonmail.ch", is_one=True, ignored=".-_"),
    # yandex.com/support/mail: one login has an address at each of the domains; a dot and a hyphen are the same sign.
    _Provider(
        "yandex.ru yandex.com yandex.by yandex.kz yandex.ua yandex.uz yandex.com.tr yandex.az yandex.com.am "
        "yandex.com.ge yandex.co.il yandex.kg yandex.lt yandex.lv yandex.md yandex.tj yandex.tm yandex.ee "
        "yandex.fr ya.ru narod.ru",
        is_one=True,
        same=".-",
    ),
    # support.apple.com/HT201771: an address of one of the domains has its like at the later ones.
    _Provider("icloud.com me.com mac.com", is_one=True),
    # help.yahoo.com, disposable addresses: `name-anything`; a Yahoo ID itself holds no hyphen.
    _Provider(
        "yahoo.com yahoo.co.uk yahoo.fr yahoo.de yahoo.it yahoo.es yahoo.ca yahoo.co.in yahoo.com.br ymail.com "
        "rocketmail.com myyahoo.com",
        cut_at="-",
    ),
    # fastmail.help, "Plus addressing and subdomain addressing": anything@ada.fastmail.com is ada+anything@fastmail.com.
    _Provider(
        "fastmail.com fastmail.fm fastmail.cn fastmail.co.uk fastmail.com.au fastmail.de fastmail.es fastmail.fr "
        "fastmail.im fastmail.in fastmail.jp fastmail.mx fastmail.net fastmail.nl fastmail.org fastmail.se fastmail.to "
        "fastmail.tw fastmail.uk fastmail.us 123mail.org 150mail.com 150ml.com 16mail.com 2-mail.com 4email.net "
        "50mail.com airpost.net allmail.net bestmail.us cluemail.com elitemail.org emailcorner.net emailengine.net "
        "emailengine.org emailgroups.net emailplus.org emailuser.net eml.cc f-m.fm fast-email.com fast-mail.org "
        "fastem.com fastemail.us fastemailer.com fastest.cc fastimap.com fastmailbox.net fastmessaging.com fea.st "
        "fmail.co.uk fmailbox.com fmgirl.com fmguy.com ftml.net h-mail.us hailmail.net imap-mail.com imap.cc "
        "imapmail.org inoutbox.com internet-e-mail.com internet-mail.org internetemails.net internetmailing.net "
        "jetemail.net justemail.net letterboxes.org mail-central.com mail-page.com mailandftp.com mailas.com "
        "mailbolt.com mailc.net mailcan.com mailforce.net mailftp.com mailhaven.com mailingaddress.org mailite.com "
        "mailmight.com mailnew.com mailsent.net mailservice.ms mailup.net mailworks.org ml1.net mm.st myfastmail.com "
        "mymacmail.com nospammail.net ownmail.net petml.com postinbox.com postpro.net proinbox.com promessage.com "
        "realemail.net reallyfast.biz reallyfast.info rushpost.com sent.as sent.at sent.com speedpost.net "
        "speedymail.org ssl-mail.com swift-mail.com the-fastest.net the-quickest.com theinternetemail.com veryfast.biz "
        "veryspeedy.net warpmail.net xsmail.com yepmail.net your-mail.com",
        has_subdomains=True,
    ),
)
_BY_DOMAIN = {domain: provider for provider in _PROVIDERS for domain in provider.domains.split()}


def one_mailbox(key: str) -> str:
    """The same text for every spelling of a mailbox. `key` is in lower case, without a plus and what follows it."""
    local, _, domain = key.rpartition("@")
    owner, _, above = domain.partition(".")
    if (provider := _BY_DOMAIN.get(above)) and provider.has_subdomains:
        return f"{owner}@{above}"
    provider = _BY_DOMAIN.get(domain)
    if provider is None:
        return key
    for sign in provider.cut_at:
        local = local.partition(sign)[0] or local
    for sign in provider.same[1:]:
        local = local.replace(sign, provider.same[0])
    kept = local.translate(dict.fromkeys(map(ord, provider.ignored))) or local
    return f"{kept}@{provider.domains.partition(' ')[0] if provider.is_one else domain}"
