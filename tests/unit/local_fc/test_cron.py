from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from local.fc.cron import schedule


def at(text: str, zone: str = "UTC") -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


FIRINGS = [
    # expression, after, next
    ("0 * * * * *", "2026-03-01 10:00:00", "2026-03-01 10:01:00"),
    ("0 * * * * *", "2026-03-01 10:00:59", "2026-03-01 10:01:00"),
    ("0 * * * * *", "2026-12-31 23:59:30", "2027-01-01 00:00:00"),
    ("*/20 * * * * *", "2026-03-01 10:00:20", "2026-03-01 10:00:40"),
    ("5/20 * * * * *", "2026-03-01 10:00:20", "2026-03-01 10:00:25"),
    ("0 0/15 9-17 * * *", "2026-03-01 17:45:00", "2026-03-02 09:00:00"),
    ("0 5,10 4 * * *", "2026-03-01 04:05:00", "2026-03-01 04:10:00"),
    ("0 0 4 1 * *", "2026-03-01 04:00:00", "2026-04-01 04:00:00"),
    ("0 0 0 31 * *", "2026-04-01 00:00:00", "2026-05-31 00:00:00"),
    ("0 0 0 29 2 *", "2026-03-01 00:00:00", "2028-02-29 00:00:00"),
    ("0 0 8 ? * MON-FRI", "2026-03-06 08:00:00", "2026-03-09 08:00:00"),  # from Friday to Monday
    ("0 0 8 ? * 7", "2026-03-02 00:00:00", "2026-03-08 08:00:00"),  # 7 is Sunday
    ("0 0 8 1 * MON", "2026-03-02 08:00:00", "2026-03-09 08:00:00"),  # the first or a Monday
    ("0 0 0 * JAN ?", "2026-03-02 08:00:00", "2027-01-01 00:00:00"),
    ("@every 5m", "2026-03-01 10:00:07", "2026-03-01 10:05:07"),
]


@pytest.mark.parametrize(("expression", "after", "expected"), FIRINGS)
def test_the_next_firing_in_utc(expression: str, after: str, expected: str) -> None:
    assert schedule(expression)(at(after)) == at(expected)


ZONED = [
    ("0 0 4 * * *", "Asia/Shanghai", "2026-03-01 04:00:00", "2026-03-02 04:00:00"),
    # A clock put forward leaves out 02:30 in Berlin: it does not fire that day.
    ("0 30 2 * * *", "Europe/Berlin", "2026-03-28 02:30:00", "2026-03-30 02:30:00"),
    ("0 30 3 * * *", "Europe/Berlin", "2026-03-28 03:30:00", "2026-03-29 03:30:00"),
    ("0 0 0 * * *", "Europe/Berlin", "2026-03-29 00:00:00", "2026-03-30 00:00:00"),
    ("0 15 * * * *", "Europe/Berlin", "2026-03-29 01:15:00", "2026-03-29 03:15:00"),
    ("0 0 0 1 4 *", "Europe/Berlin", "2026-01-15 00:00:00", "2026-04-01 00:00:00"),
    ("0 15 2 * * *", "Australia/Lord_Howe", "2026-10-03 02:15:00", "2026-10-05 02:15:00"),  # by half an hour
]


@pytest.mark.parametrize(("expression", "zone", "after", "expected"), ZONED)
def test_a_named_zone_decides_what_the_hours_mean(expression: str, zone: str, after: str, expected: str) -> None:
    assert schedule(f"CRON_TZ={zone} {expression}")(at(after, zone)) == at(expected, zone)


@pytest.mark.parametrize("expression", ["0 30 2 * * *", "0 30 2,5 * * *"])
def test_an_hour_that_a_clock_set_back_repeats_fires_twice(expression: str) -> None:
    # Given the night in which 02:30 comes twice in Berlin
    following = schedule(f"CRON_TZ=Europe/Berlin {expression}")
    first = following(at("2026-10-25 00:00:00", "Europe/Berlin"))
    # When it has fired once
    second = following(first)
    # Then it fires again an hour later by all other clocks
    assert (first, second - first) == (at("2026-10-25 02:30:00", "Europe/Berlin"), 3600)


def test_every_minute_of_a_repeated_hour_fires() -> None:
    following = schedule("CRON_TZ=Europe/Berlin 0 * * * * *")
    moment = at("2026-10-25 01:59:00", "Europe/Berlin")
    for _ in range(180):
        following_moment = following(moment)
        assert following_moment - moment == 60
        moment = following_moment


def test_a_fraction_of_a_second_does_not_skip_a_firing() -> None:
    assert schedule("0 * * * * *")(at("2026-03-01 10:00:59") + 0.9) == at("2026-03-01 10:01:00")


REFUSED = [
    *("", "* * * * *", "60 * * * * *", "0 0 24 * * *", "0 0 0 0 * *", "0 0 0 * * 8"),
    *("CRON_TZ=Mars/Olympus 0 * * * * *", "CRON_TZ=/etc 0 * * * * *"),
    *("0 */0 * * * *", "0 5-1 * * * *", "0 x * * * *", "@every 0m", "@every 5s", "@daily"),
]


@pytest.mark.parametrize("expression", REFUSED)
def test_what_function_compute_would_refuse_is_refused(expression: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        schedule(expression)


def test_a_day_that_never_comes_is_said_to_be_so() -> None:
    with pytest.raises(ValueError, match="never comes"):
        schedule("0 0 0 31 2 *")(at("2026-03-01 00:00:00"))
