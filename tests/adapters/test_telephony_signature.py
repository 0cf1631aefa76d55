"""Signed AudioHook requests: the documentation's own example, and whatever differs from it."""

from __future__ import annotations

import pytest

from agent_assist.adapters.telephony_control import Fault, Knock
from agent_assist.adapters.telephony_signature import LENIENCE_S, check_signature

SECRET = "TXlTdXBlclNlY3JldEtleVRlbGxOby0xITJAMyM0JDU="
CREATED, EXPIRES = 1641013200, 3282026430
HEADERS = {
    "host": "audiohook.example.com",
    "audiohook-organization-id": "d7934305-0972-4844-938e-9060eef73d05",
    "audiohook-correlation-id": "e160e428-53e2-487c-977d-96989bf5c99d",
    "audiohook-session-id": "30b0e395-84d3-4570-ac13-9a62d8f514c0",
    "x-api-key": "SGVsbG8sIEkgYW0gdGhlIEFQSSBrZXkh",
    "signature": "sig1=:NZBwyBHRRyRoeLqy1IzOa9VYBuI8TgMFt2GRDkDuJh4=:",
    "signature-input": (
        'sig1=("@request-target" "@authority" "audiohook-organization-id" "audiohook-session-id"'
        ' "audiohook-correlation-id" "x-api-key");keyid="SGVsbG8sIEkgYW0gdGhlIEFQSSBrZXkh";'
        f'nonce="VGhpc0lzQVVuaXF1ZU5vbmNl";alg="hmac-sha256";created={CREATED};expires={EXPIRES}'
    ),
}
TARGET = "/api/v1/voicebiometrics/ws"


def test_the_published_example_is_accepted() -> None:
    check_signature(Knock(HEADERS, TARGET, None), SECRET, None, CREATED + 1)


def test_behind_a_proxy_the_name_that_others_use_was_signed() -> None:
    inside = Knock({**HEADERS, "host": "127.0.0.1:8765"}, TARGET, None)
    check_signature(inside, SECRET, "audiohook.example.com", CREATED + 1)
    with pytest.raises(Fault):
        check_signature(inside, SECRET, None, CREATED + 1)


@pytest.mark.parametrize(
    ("header", "old", "new"),
    [
        ("signature", "NZBw", "AAAA"),
        ("signature", "sig1=:NZBwyBHRRyRoeLqy1IzOa9VYBuI8TgMFt2GRDkDuJh4=:", ""),
        ("signature-input", ' "x-api-key"', ""),
        ("signature-input", "hmac-sha256", "none"),
        ("signature-input", f"expires={EXPIRES}", f"expires={EXPIRES + 1}"),
        ("signature-input", "sig1=(", "sig1="),
        ("x-api-key", "SGVs", "AAAA"),
        ("audiohook-session-id", "30b0", "0000"),
        ("audiohook-organization-id", "d793", "0000"),
        ("host", "audiohook", "elsewhere"),
    ],
)
def test_whatever_differs_is_refused(header: str, old: str, new: str) -> None:
    headers = {**HEADERS, header: HEADERS[header].replace(old, new)}
    assert headers != HEADERS
    with pytest.raises(Fault):
        check_signature(Knock(headers, TARGET, None), SECRET, None, CREATED + 1)


@pytest.mark.parametrize("now_s", [CREATED - LENIENCE_S - 1, EXPIRES + LENIENCE_S + 1])
def test_another_time_is_refused(now_s: int) -> None:
    with pytest.raises(Fault, match="time"):
        check_signature(Knock(HEADERS, TARGET, None), SECRET, None, now_s)


@pytest.mark.parametrize("secret", ["AAAA", "no base64!"])
def test_another_secret_is_refused(secret: str) -> None:
    with pytest.raises(Fault):
        check_signature(Knock(HEADERS, TARGET, None), secret, None, CREATED + 1)
