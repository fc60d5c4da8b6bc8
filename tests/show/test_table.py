"""Cells: numbers as they are printed, names that stay in their place, and tables that line up."""

from forecaster.show.table import Table, escaped, number, percent, shown, significant, times, whole_shares


def test_percents_never_claim_certainty() -> None:
    assert [percent(p) for p in (0.0, 0.0099, 0.01, 0.99, 0.9901, 1.0)] == [
        "under 1%",
        "under 1%",
        "1%",
        "99%",
        "over 99%",
        "over 99%",
    ]


def test_whole_shares_sum_to_a_hundred() -> None:
    assert whole_shares({"a": 1 / 3, "b": 1 / 3, "c": 1 / 3}) == {"a": 34, "b": 33, "c": 33}
    assert whole_shares({"a": 0.996, "b": 0.004, "c": 0.0}) == {"a": 100, "b": 0, "c": 0}
    assert whole_shares({"a": float("nan"), "b": 0.5}) == {}


def test_numbers_are_printed_to_the_place_asked() -> None:
    assert number(1.4, 3) == "1.400"
    assert number(float("nan"), 2) == "not available"
    assert [significant(v) for v in (0.0, 0.27419, 160.4, 123456.0, 8.4e6, -1.23e-7)] == [
        "0",
        "0.274",
        "160",
        "123,000",
        "8.40e6",
        "-1.23e-7",
    ]
    assert [times(v) for v in (0.224, 1.0, 2.345, 45.4, 1234.0)] == ["0.22", "1", "2.3", "45", "1,200"]


def test_a_name_cannot_leave_its_place_in_a_sentence() -> None:
    assert shown("a\x1b[31m\nb") == "a?[31m?b"
    assert shown("\u202eabc") == "?abc"
    assert len(shown("x" * 10_000)) == 60
    assert shown("\u05d0\u05d1") == "\u2068\u05d0\u05d1\u2069"


def test_tables_line_up() -> None:
    table = Table("c", ("a", "b"), (("x", "1"), ("long | name", "22")))
    assert table.text.splitlines() == ["a             b", "x             1", "long | name  22"]
    assert table.markdown.splitlines()[1] == "| ------------ | --: |"
    assert "long \\| name" in table.markdown
    assert escaped("a*b<c>`d`[e]|\\") == "a\\*b\\<c\\>\\`d\\`\\[e\\]\\|\\\\"
