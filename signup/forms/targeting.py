"""Whom an embedded form may come to uninvited, and when: by how the visit began, and by the day."""

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

SITE = re.compile(r"[a-z0-9*]([a-z0-9.*-]*[a-z0-9*])?")
CAMPAIGN = re.compile(r"[\w.~%+*-]+=[\w.~%+*!|:-]+")
MAX_LINES, MAX_LENGTH = 20, 120
ANY = "[^\n]*"

Site = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=MAX_LENGTH, pattern=f"^{SITE.pattern}$"),
]
Campaign = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=MAX_LENGTH, pattern=f"^{CAMPAIGN.pattern}$"),
]


class Targeting(BaseModel):
    """Every rule that is set must hold. Who asks for the form gets it, whatever these say."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    referrers: Annotated[tuple[Site, ...], Field(max_length=MAX_LINES)] = ()
    """Websites that the visit came from, with their subdomains: `google.*`."""
    campaigns: Annotated[tuple[Campaign, ...], Field(max_length=MAX_LINES)] = ()
    """Parameters of the address that the visit began at: `utm_campaign=spring*`."""
    device: Literal["any", "touch", "mouse"] = "any"
    visitors: Literal["any", "new", "returning"] = "any"
    starts_on: date | None = None
    ends_on: date | None = None

    @model_validator(mode="after")
    def _check(self) -> "Targeting":
        if self.starts_on and self.ends_on and self.starts_on > self.ends_on:
            raise ValueError("the last day comes before the first")
        return self

    def is_on(self, today: date) -> bool:
        """Whether this is one of its days."""
        return (self.starts_on or today) <= today <= (self.ends_on or today)

    def visits(self) -> str:
        """The visits it means, as one regular expression for embed/manners.js; empty: all of them.

        What it is tried on has a line each: device, new or returning, referrer, query.
        """
        device = "" if self.device == "any" else self.device
        visitors = "" if self.visitors == "any" else self.visitors
        site = f"[^/]*//(?:[^/]*\\.)?{_either(self.referrers, '[^/]*')}(?:[:/]{ANY})?" if self.referrers else ""
        campaign = f"{ANY}[?&]{_either(self.campaigns, '[^&]*')}(?:&{ANY})?" if self.campaigns else ""
        lines = (device, visitors, site, campaign)
        return "^" + "\n".join(line or ANY for line in lines) + "$" if any(lines) else ""


def _either(patterns: tuple[str, ...], star: str) -> str:
    return "(?:" + "|".join(re.escape(pattern).replace(r"\*", star) for pattern in patterns) + ")"
