"""Words of a client without the keys and passwords that it knows."""

from __future__ import annotations

import os
import re

HIDDEN = "***"

_SECRET_NAME = re.compile(r"KEY|TOKEN|PASSWORD|PASSWD|SECRET|CREDENTIAL|AUTH|COOKIE|HEADER", re.IGNORECASE)

# User and password before a server's name, what a link carries behind a question mark, and words as long as keys are.
_IN_LINK = re.compile(r"(?<=://)[^/\s@]+@|(?<=\?)\S+")

_SAID = re.compile(r"(?i)((?:(?:bearer|basic)\s|(?:key|token|password|secret)[\"']?\s*[:=])\s*[\"']?)[^\s\"',;)]{6,}")

_LONG = re.compile(r"[A-Za-z0-9_+=-]{32,}")

SHORTEST = 4
"""Letters that a secret must have to be looked for; fewer would strike out words that mean nothing."""


def scrubbed(text: str, uri: str = "") -> str:
    """A text in which nothing is left that could be a key, a password or a token.

    Args:
        text: what a client said.
        uri: of the server as the user gave it, whose user and password are struck out wherever they stand.
    """
    secrets = [value for name, value in os.environ.items() if _SECRET_NAME.search(name)]
    links = [uri, *(value for name, value in os.environ.items() if name.upper().endswith(("URI", "URL")))]
    for link in links:
        found = re.search(r"://([^/\s]+)@", link)
        secrets += found[1].split(":", 1) if found else []
    for secret in sorted((each for each in secrets if len(each) >= SHORTEST), key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    text = _IN_LINK.sub(lambda found: f"{HIDDEN}@" if found[0].endswith("@") else HIDDEN, text)
    return _LONG.sub(HIDDEN, _SAID.sub(rf"\1{HIDDEN}", text))
