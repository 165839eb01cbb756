"""How values are shown: numbers and times in the reader's language and zone. Also what every page knows."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.numbers import format_compact_decimal
from flask import g, request, url_for
from flask.blueprints import BlueprintSetupState
from flask_babel import format_date, format_datetime, format_decimal, format_percent, format_timedelta, get_locale
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from signup.access import scope
from signup.access.operator import Operator
from signup.addresses.address import mask
from signup.admin.frame import door, words
from signup.ground.clock import utcnow
from signup.ground.i18n import DEFAULT, LANGUAGES, OPERATOR_LANGUAGES

DATE = "d MMM y"
TIME = "d MMM y, HH:mm"
TONE_COUNT = 8


def zone() -> ZoneInfo:
    """The reader's time zone."""
    operator: Operator | None = g.get("operator")
    return ZoneInfo(operator.timezone if operator else "UTC")


def language() -> str:
    """The reader's language, for names that come in several."""
    return str(get_locale() or DEFAULT)


def number(value: float) -> str:
    return str(format_decimal(value))


def compact(value: int) -> str:
    """`1.2K`: for places too small for a whole number."""
    return format_compact_decimal(value, locale=get_locale(), fraction_digits=1)


def percent(value: float | None, digits: int = 1) -> str:
    """A share of 1; a dash when there is nothing to take a share of."""
    pattern = "#,##0." + "0" * digits + "\u00a0%" if digits else "#,##0\u00a0%"
    return "–" if value is None else str(format_percent(value, pattern))


def when(at: datetime | None, pattern: str = TIME) -> str:
    """A time in the reader's zone, with the UTC time on hover."""
    if at is None:
        return "–"
    utc = format_datetime(at, TIME, rebase=False)
    local = format_datetime(at.astimezone(zone()), pattern, rebase=False)
    stamp = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    return Markup('<time datetime="{}" title="{} UTC">{}</time>').format(stamp, utc, local)


def ago(at: datetime) -> Markup:
    """How long ago something was counted: `12 minutes ago`, with the time on hover."""
    utc, passed = format_datetime(at, TIME, rebase=False), utcnow() - at
    stamp, words = at.strftime("%Y-%m-%dT%H:%M:%SZ"), format_timedelta(-passed, add_direction=True)
    return Markup('<time datetime="{}" title="{} UTC">{}</time>').format(stamp, utc, words)


def day(value: date, pattern: str = DATE) -> str:
    return str(format_date(value, pattern))


def first_day(first: date, last: date) -> str:
    """The first day of a span whose last is shown with its year."""
    return day(first, "d MMM" if first.year == last.year else DATE)


def initials(text: str) -> str:
    """One or two capitals for a name or an address."""
    parts = [part for part in text.partition("@")[0].replace(".", " ").replace("_", " ").split() if part[0].isalnum()]
    return "".join(part[0] for part in (parts[:1] + parts[1:][-1:])).upper() or "?"


def tone(key: int) -> int:
    """Which of the avatar's colours an id has."""
    return key % TONE_COUNT


def address_for_reader(address: str) -> str:
    """The address, masked for roles that may not see it whole."""
    return address if door.may("contacts:unmasked") else mask(address)


def name_for_reader(name: str) -> str:
    return name if door.may("contacts:unmasked") or not name else f"{name[:1]}•••"


def size(value: int) -> str:
    """Bytes as people read them."""
    for unit in ("B", "kB", "MB"):
        if value < 1000:  # noqa: PLR2004  # SI units
            return f"{format_decimal(value)}\u00a0{unit}"
        value = round(value / 1000)
    return f"{format_decimal(value)}\u00a0GB"


def page_context() -> dict[str, Any]:
    """What every admin template may use."""
    return {
        "operator": g.get("operator"),
        "may": door.may,
        "sees_everything": scope.sees_everything,
        "shows_companies": scope.shows_companies,
        "csrf_token": generate_csrf,
        "languages": LANGUAGES,
        "operator_languages": OPERATOR_LANGUAGES,
        "words": words,
        "here": request.endpoint or "",
        "get_locale": get_locale,
        "with_query": with_query,
    }


def with_query(**changes: Any) -> str:
    """This page's address with some of its query changed; None takes a name away."""
    query = {**(request.view_args or {}), **request.args.to_dict(), **changes}
    return url_for(
        request.endpoint or "admin.overview",
        **{name: value for name, value in query.items() if value not in (None, "")},
    )


FILTERS = (
    number,
    compact,
    percent,
    when,
    ago,
    day,
    first_day,
    initials,
    tone,
    size,
    mask,
    address_for_reader,
    name_for_reader,
)


def add_filters(state: BlueprintSetupState) -> None:
    """Teach the application's templates how values are shown."""
    for function in FILTERS:
        state.app.jinja_env.filters[function.__name__] = function
