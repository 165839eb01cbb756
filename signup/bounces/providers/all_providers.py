"""The providers whose webhooks are read, by the name in their address."""

from types import ModuleType

from signup.bounces.providers import brevo, mailgun, postmark, sendgrid, ses
from signup.ground.config import Settings

PROVIDERS: dict[str, ModuleType] = {
    "brevo": brevo,
    "mailgun": mailgun,
    "postmark": postmark,
    "sendgrid": sendgrid,
    "ses": ses,
}


def secret_of(settings: Settings, name: str) -> str:
    """The secret of a provider; empty where it is not used."""
    secret: str = getattr(settings, f"bounce_hook_{name}").get_secret_value()
    return secret
