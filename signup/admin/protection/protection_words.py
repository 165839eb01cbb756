"""The words for what held a sign-up back, and for the allow list."""

from signup.ground.i18n import _

RULES = {
    "address-5min": _("Same address again within 5 minutes"),
    "address-day": _("More than 3 emails a day to one address"),
    "address-unconfirmed": _("3 unconfirmed emails: no more for 7 days"),
    "address-everywhere": _("More than 5 emails a day to one address across all lists"),
    "address-vouched": _("More than 50 emails a day to an address on the allow list"),
    "ip-hour": _("More than 10 an hour from one IP address"),
    "ip-day": _("More than 30 a day from one IP address"),
    "net-day": _("More than 100 a day from one network"),
    "till-hour": _("More than 200 an hour from one kiosk"),
    "till-day": _("More than 1,000 a day from one kiosk"),
    "domain-unconfirmed": _("Too many unconfirmed at one email domain"),
    "list": _("Too many an hour for the list"),
    "all": _("Too many an hour for the service"),
    "messages-day": _("Too many messages a day for the form"),
    "honeypot": _("Filled in the hidden field"),
    "proof": _("No proof of work was sent"),
    "replay": _("A proof of work was used twice"),
    "wait-net": _("Waited instead of computing, too often from one network"),
    "wait-all": _("Waited instead of computing, too often overall"),
}
"""What a sign-up was held back by: each rule of `limits.limit_rule` in plain words, and what is no limit."""

KINDS_ALLOWED = {"network": _("Network"), "domain": _("Email domain"), "address": _("Address")}

PROOF_REASONS = {
    "burst": _("many sign-ups at once, hardly any confirmed"),
    "slow": _("hardly any of the latest sign-ups were confirmed"),
    "operator": _("switched on by an operator"),
}
