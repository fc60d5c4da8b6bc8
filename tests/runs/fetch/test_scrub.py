import pytest

from forecaster.runs.fetch.scrub import scrubbed


@pytest.mark.parametrize(
    "text",
    [
        "at https://me:SECRET1@host/path", "at http://SECRET1@host", "GET https://host/x?sig=SECRET1",
        "Authorization: Bearer SECRET1", "api_key='SECRET1'", 'token: "SECRET1"', "password=SECRET1",
    ],
)  # fmt: skip
def test_what_looks_like_a_secret_is_struck_out(text: str) -> None:
    assert "SECRET1" not in scrubbed(text)


def test_secrets_of_the_environment_and_of_the_server_s_address_are_struck_out_wherever_they_stand(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "open sesame")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://ann:first@host")
    said = scrubbed("no open sesame for ann, first or second at host", "https://ann:second@host")
    assert said == "no *** for ann, *** or *** at host"


def test_plain_words_stay() -> None:
    for text in (
        "404 for https://host/api/2.0/mlflow/experiments",
        "no API key configured; a token expired",
    ):
        assert scrubbed(text) == text
