import contextlib
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime

import pytest
from babel.dates import format_date
from hypothesis import given
from hypothesis import strategies as st

from signup.imports.meaning.time_text import DAY_FIRST, MONTH_FIRST, order_of, read_time

DAYS = st.dates(date(1991, 1, 1), date(2026, 12, 31))
LANGUAGES = st.sampled_from(["en", "fr", "de", "it", "nl", "es"])
DAY = datetime(2025, 3, 4, tzinfo=UTC)
HALF_PAST = DAY + timedelta(hours=15, minutes=30)


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        *((cell, DAY) for cell in ("04/03/2025", "04/03/25", "4.3.2025", "04-03-2025", "2025/03/04", "2025.03.04")),
        *((cell, DAY) for cell in ("45720", "20250304", "4 mars 2025", "mar. 4 mars 2025", "Mar 4, 2025", "04-Mar-25")),
        *((cell, DAY) for cell in ("4. März 2025", "Di., 4. März 2025", "di 4 mrt. 2025", "martedì 4 marzo 2025")),
        *((cell, DAY) for cell in ("March 4th, 2025", "le 4 mars 2025", "4 de marzo de 2025", "04 MARS 2025")),
        ("1er août 2024", datetime(2024, 8, 1, tzinfo=UTC)),
        ("3 févr. 2024", datetime(2024, 2, 3, tzinfo=UTC)),
        ("45720.64583333334", HALF_PAST),
        *((cell, HALF_PAST) for cell in ("04.03.2025 15h30", "4/3/2025 15:30", "4. März 2025, 15:30 Uhr")),
        *((cell, HALF_PAST) for cell in ("le 4 mars 2025 à 15h30", "March 4, 2025 3:30 pm", "3/4/2025 3:30 PM")),
        *((cell, HALF_PAST) for cell in ("20250304153000", "2025-03-04T15:30:00.000000000Z", "2025/03/04 15:30")),
        *((cell, HALF_PAST) for cell in ("2025-03-04 16:30:00 +0100", "Tue, 04 Mar 2025 16:30:00 +0100")),
        *((cell, HALF_PAST) for cell in ("1741102200", "1741102200000", "Tue Mar 4 15:30:00 2025", "04.03.2025 15.30")),
        ("4 Mar 2025 16:30 CET", HALF_PAST),
        ("Tue Mar 04 2025 16:30:00 GMT+0100 (Central European Standard Time)", HALF_PAST),
        ("15 Jul 2024 10:00:00 -0700 (PDT)", datetime(2024, 7, 15, 17, tzinfo=UTC)),
        ("4/3/2025 12:15 AM", datetime(2025, 4, 3, 0, 15, tzinfo=UTC)),
        ("31/12/99", datetime(1999, 12, 31, tzinfo=UTC)),
    ],
)
def test_a_time_is_read_as_people_and_programs_write_it(cell: str, moment: datetime) -> None:
    assert read_time(cell) == moment


@pytest.mark.parametrize(
    "cell", ["", "soon", "2025", "4 mars", "mars 2025", "31.02.2025", "13/13/2025", "12:30", "1e7"]
)
def test_what_is_no_time_is_refused(cell: str) -> None:
    with pytest.raises((ValueError, OverflowError)):
        read_time(cell)


@given(DAYS, LANGUAGES, st.sampled_from(["short4", "medium", "long", "full", "iso", "serial", "digits", "slashes"]))
def test_every_spelling_in_every_language_is_the_same_day(day: date, language: str, spelling: str) -> None:
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
    if spelling in {"medium", "long", "full"}:
        text = format_date(day, spelling, locale=language)
    else:
        text = {
            "short4": f"{day:%d.%m.%Y}",
            "iso": day.isoformat(),
            "serial": str((day - date(1899, 12, 30)).days),
            "digits": f"{day:%Y%m%d}",
            "slashes": f"{day:%d/%m/%Y}",
        }[spelling]
    # Babel writes short English dates month first, with the month's name: no two readings.
    assert read_time(text, DAY_FIRST) == moment, text


@given(DAYS, st.integers(0, 86_399))
def test_every_spelling_of_a_moment_is_the_same_moment(day: date, second: int) -> None:
    at = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(seconds=second)
    for text in (
        at.isoformat(),
        at.isoformat().replace("+00:00", "Z"),
        format_datetime(at),
        f"{at:%Y-%m-%d %H:%M:%S} UTC",
        f"{at:%d.%m.%Y %H:%M:%S}",
        f"{at:%d/%m/%Y %Hh%M:%S}",
        f"{at:%b %d, %Y %I:%M:%S %p}",
        f"{at.timestamp():.0f}",
        f"{at.timestamp() * 1000:.0f}",
    ):
        assert read_time(text) == at, text


@given(st.lists(DAYS, min_size=1, max_size=20), st.sampled_from([DAY_FIRST, MONTH_FIRST]))
def test_a_column_says_itself_which_of_day_and_month_comes_first(days: list[date], order: str) -> None:
    shape = "%d/%m/%Y" if order == DAY_FIRST else "%m/%d/%Y"
    cells = [f"{day:{shape}}" for day in days]
    decided, _half_day = order_of(cells).decided()
    assert decided == (order if any(day.day > 12 for day in days) else "")
    if decided:
        assert [read_time(cell, decided).date() for cell in cells] == days


def test_cells_with_am_and_pm_are_judged_by_themselves() -> None:
    found = order_of(["04/03/2025", "04/03/25", "3/14/2025 3:30 PM", "2025-03-04"])
    assert found.decided() == ("", MONTH_FIRST)
    assert found.is_open
    assert order_of(["14/03/2025", "03/04/2025 3:30 PM"]).decided() == (DAY_FIRST, DAY_FIRST)
    assert order_of(["14/03/2025", "03/14/2025"]).decided()[0] == ""
    assert not order_of(["4 mars 2025", "04.03.2025", "2025-03-04", "03/03/2025"]).is_open


def test_numbers_of_a_spreadsheet_may_count_from_1904() -> None:
    assert read_time("44258", is_1904=True) == DAY


@given(st.text(max_size=40))
def test_any_text_is_a_time_or_refused(text: str) -> None:
    with contextlib.suppress(ValueError, OverflowError):
        assert read_time(text).tzinfo
