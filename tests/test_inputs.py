import math

import pytest

from forecaster.inputs import DATE, INPUTS, input_of


@pytest.mark.parametrize(
    ("name", "header", "said"),
    [
        ("D", "", "51K tokens"),
        ("D", "D", "51K tokens"),
        ("D", "training tokens (total)", "51K tokens"),
        ("D", "documents", "51K documents"),
        ("D", "n_documents", "51K documents"),
        ("D", "Documents (K)", "51K documents"),
        ("D", "epoch", "51K epochs"),
        ("D", "num_train_examples", "51K train examples"),
        ("N", "n_params", "51K parameters"),
        ("N", "modelSize", "51K parameters"),
        ("N", "width", "width=51K"),
        ("C", "flops", "51K FLOP"),
        ("C", "gpu_hours", "51K gpu hours"),
        ("x", "epochs", "51K epochs"),
        ("x", "", "x=51K"),
        ("X", "", "X=51K"),
        ("x", "class", "class=51K"),
        ("x", "(K)", "(K)=51K"),
    ],
)
def test_an_input_is_called_what_its_header_calls_it(name: str, header: str, said: str) -> None:
    assert input_of(name, header).said(51_000) == said


def test_usual_inputs_are_the_same_whatever_their_usual_header() -> None:
    assert input_of("N", "params") is INPUTS["N"] and input_of("U", "unique tokens") is INPUTS["U"]
    assert input_of("date", "released") is DATE


def test_what_is_counted_has_a_unit_and_the_rest_its_name() -> None:
    documents, width = input_of("D", "documents"), input_of("N", "width")
    assert (documents.axis, documents.header, documents.measure) == (
        "Documents",
        "D (documents)",
        "number of documents",
    )
    assert (width.axis, width.header, width.measure) == ("Width", "N (width)", "width")
    assert input_of("x").header == "x"
    assert (documents.given(5e3), width.given(5e3), INPUTS["D"].given(5e3)) == ("D=5K documents", "N=5K", "D=5K")


def test_a_date_is_said_read_and_measured_in_days() -> None:
    day = DATE.read("2026-12-31")
    assert DATE.said(day) == DATE.typed(day) == DATE.plain(day) == DATE.full(day) == "2026-12-31"
    assert DATE.given(day) == "date=2026-12-31"
    assert DATE.reach(1.0) == "28 months" and INPUTS["N"].reach(1.0) == "a factor of 10"
    assert math.log(DATE.read("2027-12-31") / day) == pytest.approx(365 / 365.25)
