"""The signature of an AudioHook connection: HMAC-SHA256 over the parts of its request.

https://developer.genesys.cloud/devapps/audiohook/session-walkthrough (HTTP message signatures)
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re

from agent_assist.adapters.telephony_control import Fault, Knock, same_secret

SIGNED = (
    "@request-target",
    "@authority",
    "audiohook-organization-id",
    "audiohook-session-id",
    "audiohook-correlation-id",
    "x-api-key",
)
"""What must be signed."""
LENIENCE_S = 60
"""The other side's clock may be off by so much."""
_INPUT = re.compile(r"^\s*(?P<name>[a-z][a-z0-9_-]*)=(?P<params>\((?P<parts>[^)]*)\)(?P<rest>.*))$")
_NUMBER = re.compile(r";(created|expires)=(\d{1,12})(?=;|$)")
_TEXT = re.compile(r';(keyid|alg|nonce)="([^"]*)"')


def check_signature(knock: Knock, secret: str, authority: str | None, now_s: float) -> None:
    """Raise Fault unless the request is signed with ``secret`` (base64), for now, for its key."""
    given = _INPUT.match(knock.headers.get("signature-input", ""))
    if not given:
        raise _unauthorized("there is no signature")
    parts = re.findall(r'"([^"]+)"', given["parts"])
    if not set(SIGNED) <= set(parts):
        raise _unauthorized("not everything is signed")
    texts = dict(_TEXT.findall(given["rest"]))
    numbers = {name: int(value) for name, value in _NUMBER.findall(given["rest"])}
    if texts.get("alg") != "hmac-sha256" or texts.get("keyid") != knock.api_key:
        raise _unauthorized("signed with another key or algorithm")
    created, expires = numbers.get("created", 0), numbers.get("expires", 0)
    if not created - LENIENCE_S <= now_s <= expires + LENIENCE_S:
        raise _unauthorized("signed for another time")
    special = {
        "@request-target": knock.target,
        "@authority": (authority or knock.headers.get("host", "")).lower(),
    }
    lines = [f'"{part}": {special.get(part, knock.headers.get(part, ""))}' for part in parts]
    base = "\n".join([*lines, f'"@signature-params": {given["params"]}'])
    expected = f"{given['name']}=:{_sign(base, secret)}:"
    if not same_secret(knock.headers.get("signature", "").strip(), expected):
        raise _unauthorized("the signature is not the client's")


def _sign(text: str, secret: str) -> str:
    try:
        key = base64.b64decode(secret, validate=True)
    except binascii.Error:
        raise _unauthorized("the server's own secret is no base64") from None
    return base64.b64encode(hmac.new(key, text.encode(), hashlib.sha256).digest()).decode()


def _unauthorized(why: str) -> Fault:
    return Fault("unauthorized", why)
