"""Hide personal numbers in speech before anyone reads it.

A mask replaces characters one for one, so offsets into the text stay valid. Numbers count as
personal by their length and surroundings, not by what the speaker called them: hiding an order
number by mistake costs little, showing a customer's card number does not.
"""

from __future__ import annotations

import re

ARABIC = "0123456789０１２３４５６７８９"
CHINESE = "一二三四五六七八九零〇幺两"

_DIGIT = f"[{ARABIC}{CHINESE}]"
_GAP = r"[ \t\u3000\-‐–—]{0,3}"
_DATE = (
    rf"(?<!{_DIGIT})(?:19|20)\d\d-\d{{1,2}}-\d{{1,2}}"
    rf"(?:[ T]\d{{1,2}}(?=[:：点时]))?(?!{_GAP}{_DIGIT})"
)
_HOTLINE = rf"(?<!{_DIGIT})(?:1008[0-9]|12580|95\d{{3}})(?!\d)"
_TOKEN = re.compile(
    rf"(?P<plain>{_DATE}|{_HOTLINE})|(?P<number>{_DIGIT}(?:{_GAP}{_DIGIT})*(?:{_GAP}[Xx](?![A-Za-z]))?)"
)
_UNIT_AFTER = re.compile(
    r"(?:\.\d+)?\s*(?:元|块|角|分钱|兆|[KMGT]B?|个|条|次|秒|分钟|小时|天|积分)"
)
_AGENT_BEFORE = re.compile(r"(?:工号[^，。？！]{0,3}|[A-Za-z])$")
_AGENT_AFTER = re.compile(r"\s*号\s*(?:客户代表|客服|话务|[座坐]席|工作人员|专员|为您)")
_SECRET = r"(?:密码|验证码|校验码)"
_SECRET_BEFORE = re.compile(_SECRET + r"[^。？！]{0,12}$")
_SECRET_AFTER = re.compile(r"[^，。？！]{0,4}" + _SECRET)
_SECRET_DIGITS = 6
_SHORTEST = 7
"""Fewest digits in a row that are taken for a personal number."""


def mask(text: str) -> str:
    """Return ``text`` with personal numbers hidden, character for character.

    Phone, ID-card and bank-card numbers keep their first three (with a country code: after it) and
    last four digits, seven to nine digits the first and last two; six digits next to the word for
    a password disappear. ``*`` stands for an Arabic digit, ``＊`` for a Chinese one. Amounts,
    dates, hotlines such as 10086 and agent numbers after 工号 stay; so does what is masked already.
    """
    chars = list(text)
    for token in _TOKEN.finditer(text):
        if token.lastgroup == "plain":
            continue
        places = [i for i in range(*token.span()) if text[i] not in " \t\u3000-‐–—"]
        first, last = _kept(text, token.start(), token.end(), [text[i] for i in places])
        for i in places[first : len(places) - last]:
            chars[i] = "＊" if text[i] in CHINESE else "*"
    return "".join(chars)


def mask_reply(before: str, text: str) -> str:
    """Like ``mask`` for an answer to ``before``: six digits are a password if one was asked for."""
    if re.search(_SECRET, before) is None:
        return mask(text)
    asked = "密码"
    return mask(asked + text)[len(asked) :]


def _kept(text: str, start: int, end: int, digits: list[str]) -> tuple[int, int]:
    """How many of a number's first and last digits may be shown."""
    count = len(digits)
    before, after = text[:start], text[end:]
    if count == _SECRET_DIGITS and not _UNIT_AFTER.match(after):
        secret = _SECRET_BEFORE.search(before) or _SECRET_AFTER.match(after)
        return (0, 0) if secret else (count, 0)
    if count < _SHORTEST or (count < 11 and _is_plain(text[start:end], before, after)):
        return count, 0
    if count < 10:
        return 2, 2
    with_country = count == 13 and _value(digits[:3]) == "861"
    return (5, 4) if with_country else (3, 4)


def _is_plain(number: str, before: str, after: str) -> bool:
    """An amount or an agent's number: up to ten digits said in one go."""
    amount = _UNIT_AFTER.match(after) and not re.search(r"[\s\-‐–—]", number)
    agent = _AGENT_BEFORE.search(before) or _AGENT_AFTER.match(after)
    return bool(amount or agent)


def _value(digits: list[str]) -> str:
    values = {"零": "0", "〇": "0", "幺": "1", "两": "2"}
    values |= {char: str(i + 1) for i, char in enumerate("一二三四五六七八九")}
    values |= {char: str(i % 10) for i, char in enumerate(ARABIC)}
    return "".join(values.get(digit, digit) for digit in digits)
