import math
from datetime import date, timedelta

import pytest
from hypothesis import given, settings, strategies as st

from forecaster.errors import QuantityError
from forecaster.quantity import (
    TYPED,
    Digits,
    date_number,
    date_text,
    date_ticks,
    decimals,
    duration,
    finite,
    format_quantity,
    is_period,
    parse_quantity,
    span_text,
    typed_quantity,
)

calm = settings(deadline=None, derandomize=True)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("70B", 70e9),
        ("1.4t", 1.4e12),
        ("512k", 512e3),
        ("6e23", 6e23),
        ("6E23 FLOP", 6e23),
        ("6e23flops", 6e23),
        ("300M tokens", 300e6),
        ("300 tokens", 300.0),
        ("5 t", 5e12),
        ("20M USD", 20e6),
        ("1,000,000", 1e6),
        ("1,234.5", 1234.5),
        ("  7B\u00a0params ", 7e9),
        (".5", 0.5),
        ("3.", 3.0),
        ("-2e9", -2e9),
        ("\u22122", -2.0),
        ("1e-3", 1e-3),
    ],
)
def test_reads_what_people_write(text: str, value: float) -> None:
    assert parse_quantity(text) == pytest.approx(value, rel=1e-15)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "  ",
            "70X",
            "70 bilion",
            "B",
            "1e400",
            "nan",
            "inf",
            "1e23B",
            "1,5",
            "1,00,000",
            "1_000",
            "0x10",
        ),
        *("7 0", "1e", "--2", "1..2", "70B70B", "\u0663", "$5", "70BB", "9" * 5000, "\x1b[31m7"),
    ],
)
def test_refuses_in_one_line_with_the_culprit_and_the_accepted_forms(text: str) -> None:
    with pytest.raises(QuantityError) as refusal:
        parse_quantity(text)
    message = str(refusal.value)
    assert message.isprintable() and len(message) < 200
    assert "70B" in message and "6e23" in message
    if text.strip().isprintable() and 0 < len(text.strip()) < 40:
        assert f'"{text}"' in message or not text.strip()


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (7e10, "70B"),
        (1.4e12, "1.4T"),
        (140e12, "140T"),
        (5.76e23, "5.8e23"),
        (512_000, "510K"),
        (999.6e6, "1B"),
        (9.99e14, "1e15"),
        (1e15, "1e15"),
        (512, "510"),
        (1.5, "1.5"),
        (0.0123, "0.012"),
        (1.23e-7, "1.2e-7"),
        (0, "0"),
        (-0.0, "0"),
        (-7e10, "-70B"),
        (math.nan, "unknown"),
        (math.inf, "infinity"),
        (-math.inf, "-infinity"),
    ],
)
def test_says_two_digits(value: float, said: str) -> None:
    assert format_quantity(value) == said


def test_puts_the_unit_after_the_number() -> None:
    assert format_quantity(3e11, "tokens") == "300B tokens"


@calm
@given(st.floats(min_value=-1.7e308, max_value=1.7e308), st.sampled_from(["", "tokens", "FLOP", "USD"]))
def test_what_is_said_reads_back_within_five_percent(value: float, unit: str) -> None:
    assert parse_quantity(format_quantity(value, unit)) == pytest.approx(value, rel=0.0501, abs=5e-324)


@calm
@given(st.text(max_size=30))
def test_any_text_is_either_finite_or_refused_in_one_line(text: str) -> None:
    try:
        assert math.isfinite(parse_quantity(text))
    except QuantityError as refusal:
        assert str(refusal).isprintable()


@pytest.mark.parametrize(("seconds", "said"), [(0.4, "0 s"), (99, "99 s"), (540, "9 min"), (12600, "3.5 h")])
def test_a_time_is_said_for_a_person(seconds: float, said: str) -> None:
    assert duration(seconds) == said


@pytest.mark.parametrize(
    ("text", "middle", "end"),
    [
        ("2024-05-01", "2024-05-01", "2024-05-01"),
        ("2024/5/1", "2024-05-01", "2024-05-01"),
        ("2024-05-01T10:30:00Z", "2024-05-01", "2024-05-01"),
        ("2024-05-01 10:30:00+02:00", "2024-05-01", "2024-05-01"),
        (" 2024-02 ", "2024-02-15", "2024-02-29"),
        ("2026Q4", "2026-11-16", "2026-12-31"),
        ("2026-q1", "2026-02-14", "2026-03-31"),
        ("2023", "2023-07-02", "2023-12-31"),
        ("1969-07-20", "1969-07-20", "1969-07-20"),
    ],
)
def test_a_date_or_a_period_is_read(text: str, middle: str, end: str) -> None:
    assert date_text(date_number(text, share=0.5)) == middle and date_text(date_number(text, share=1.0)) == end
    assert is_period(text) == (middle != end)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("03/04/2024", "could be two dates"),
        ("3.4.24", "could be two dates"),
        ("2024-13-01", "not in the calendar"),
        ("2023-02-29", "not in the calendar"),
        ("0000-01-01", "not in the calendar"),
        ("", "is not a date"),
        ("soon", "is not a date"),
        ("20240501", "is not a date"),
        ("2024Q5", "is not a date"),
        ("2024-05-01 and on", "is not a date"),
    ],
)
def test_what_is_no_date_is_refused_with_the_form(text: str, why: str) -> None:
    with pytest.raises(QuantityError, match=f"{why}; expected year, month and day"):
        date_number(text, share=1.0)
    assert not is_period(text) or why == "not in the calendar"


@calm
@given(st.dates(min_value=date(1700, 1, 1), max_value=date(2600, 1, 1)))
def test_a_day_comes_back_from_its_number(day: date) -> None:
    assert date_text(date_number(day.isoformat(), share=0.5)) == day.isoformat()
    later = date_number((day + timedelta(days=1)).isoformat(), share=0.5)
    assert math.log(later / date_number(day.isoformat(), share=0.5)) * 365.25 == pytest.approx(1)


def test_numbers_beyond_the_calendar_are_said_to_be() -> None:
    assert date_text(0.0) == "before the calendar" and date_text(math.inf) == "beyond the calendar"
    assert date_text(date_number("9999", share=1.0)) != "before the calendar"


@pytest.mark.parametrize(
    ("years", "said"),
    [(1 / 365.25, "1 day"), (0.1, "37 days"), (1.17, "14 months"), (-1.17, "14 months"), (3.2, "3.2 years")],
)
def test_a_span_of_time_is_said_in_a_unit_of_its_size(years: float, said: str) -> None:
    assert span_text(years) == said


def test_an_axis_of_dates_is_marked_with_months_or_years_as_there_is_room() -> None:
    low, high = date_number("2022-01-10", share=1.0), date_number("2027-01-02", share=1.0)
    assert list(date_ticks(low, high, most=7).values()) == ["2023", "2024", "2025", "2026", "2027"]
    assert list(date_ticks(low, high, most=3).values()) == ["2024", "2026"]
    short = date_ticks(low, date_number("2022-06-20", share=1.0), most=7)
    assert list(short.values()) == ["2022-02", "2022-03", "2022-04", "2022-05", "2022-06"]
    assert all(low <= each <= high for each in short)


def test_a_typed_number_keeps_six_digits() -> None:
    assert [typed_quantity(each) for each in (405e9, 1234567.0, 0.003, 6e23)] == ["405B", "1.23457M", "0.003", "6e23"]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (405e9, "405B"),
        (70e9, "70B"),
        (1.25e12, "1.25T"),
        (6.12e23, "6.12e23"),
        (1024, "1,024"),
        (1500, "1.5K"),
        (4096e6, "4.096B"),
        (0.415, "0.415"),
    ],
)
def test_what_a_person_gave_is_said_as_it_was(value: float, said: str) -> None:
    assert format_quantity(value, digits=TYPED) == said


def test_ordinary_numbers_share_the_places_that_the_error_leaves() -> None:
    digits = Digits.of(0.0008, 1.314, 1.364, 1.417)
    assert [digits.text(value) for value in (1.3141, 1.3644, 1.4, 0.05)] == ["1.314", "1.364", "1.400", "0.050"]
    assert digits.finer().text(0.05) == "0.0500"


def test_small_numbers_of_a_skewed_range_keep_two_digits() -> None:
    digits = Digits.of(90.0, 0.0312, 4.71, 881.4)
    assert [digits.text(value) for value in (0.0312, 4.71, 881.4, 0.0, 3.2e-11)] == [
        "0.031", "4.7", "881", "0", "3.2e-11",
    ]  # fmt: skip


@pytest.mark.parametrize(("low", "high"), [(-0.4, 0.5), (0.0, 3.0), (0.2, math.inf), (math.nan, math.nan)])
def test_a_range_without_a_ratio_is_not_skewed(low: float, high: float) -> None:
    assert Digits.of(0.01, low, 0.3, high) == Digits(decimals(0.01, 0.3))


def test_a_number_that_is_not_finite_is_none() -> None:
    assert finite(1.25) == 1.25
    assert [finite(value) for value in (None, math.nan, -math.inf)] == [None] * 3
