"""What the admin says about providers, advice, steps and findings."""

from signup.bounces.health.provider_health import Advice
from signup.deliverability.finding import Grade
from signup.ground.i18n import _

PROVIDERS = {
    "gmail": "Gmail",
    "outlook": "Outlook",
    "yahoo": "Yahoo, AOL",
    "gmx": "GMX, WEB.DE",
    "other": _("All others"),
}
ADVICE = {
    Advice.STOP: _(
        "Stop sending campaigns here: complaints are at 0.3% or more. Write only to people who clicked lately."
    ),
    Advice.BLOCKED: _(
        "They refuse our emails, not the addresses. Check the sending domains and look at their postmaster page."
    ),
    Advice.COMPLAINTS: _("Complaints are above 0.1%. Write less often, and make it clear why people get the email."),
    Advice.HARD: _("5% or more of the addresses do not exist. Find out which form or import they came from."),
    Advice.DEFERRED: _("They take our emails slowly. Send less in an hour, and let the volume grow over days."),
    Advice.NONE: "",
}
BAD = {Advice.STOP, Advice.BLOCKED, Advice.HARD}
STEPS = {
    "google-postmaster": _("Google Postmaster Tools: add each sending domain"),
    "yahoo-feedback": _("Yahoo complaint feedback loop: register each DKIM domain"),
    "microsoft-snds": _("Microsoft SNDS: register the IP addresses that you send from"),
    "microsoft-jmrp": _("Microsoft JMRP: have complaints sent to the mailbox for returned emails"),
    "gmx-postmaster": _("GMX and WEB.DE: read their postmaster pages"),
    "dmarc-reports": _("DMARC reports (rua=) go to the mailbox for returned emails"),
    "role-addresses": _("Somebody reads postmaster@ and abuse@ of each sending domain"),
}
GRADES = {
    Grade.FINE: _("Fine"),
    Grade.TOLD: _("Could be better"),
    Grade.WRONG: _("Wrong"),
    Grade.UNKNOWN: _("Unknown"),
}
OUTCOMES = {"none": _("Delivered"), "quarantine": _("Spam folder"), "reject": _("Refused")}
