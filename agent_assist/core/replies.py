"""Plain marks of talk: a closed question, a yes or no, words of one's own."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agent_assist.core.spotting import Spotted, Turn

OWN_CHARS = 8
"""So many characters beyond the catalogue's are talk of the agent's own, an explanation."""
MOVED_ON_MS = 6000
"""An agent who has talked so long of something else has left the line that was shown."""
SHORT_REPLY = 8
"""A yes or no with more than this is talk, not a reply."""

_QUESTION = re.compile(r"[？?]|(吗|呢|好不好|对不对|是不是|可以吗)[。！，]?$")
_CLOSED = re.compile(r"(吗|对吧|是吧|对不对|是不是|有没有)[？?。！]?$")
_NO = re.compile(r"^(不是|不对|没有|没|不|不行|不用|不可以)")
_YES = re.compile(r"^(是|对|嗯|有|可以|好|行)")


def asks(text: str) -> bool:
    """Whether something is asked."""
    return bool(_QUESTION.search(text))


def asks_closed(text: str) -> bool:
    """Whether the talk ends in a question to be answered by yes or no."""
    return bool(_CLOSED.search(text.strip()))


def denies(chars: str) -> bool:
    """Whether so short a reply is a no."""
    return len(chars) <= SHORT_REPLY and bool(_NO.search(chars))


def reply_to(chars: str) -> str:
    """The condition of a step that a reply fulfils: ``customer_denies``, ``customer_confirms``."""
    if denies(chars):
        return "customer_denies"
    return "customer_confirms" if len(chars) <= SHORT_REPLY and _YES.search(chars) else ""


def is_own_talk(turn: Turn, spotted: Sequence[Spotted]) -> bool:
    """Whether the agent told something beyond prescribed words, and asked nothing at the end."""
    chars = [c for spot in spotted for c in spot.match.alignment.chars]
    own = len(turn.text) - sum(bool(c.expected and c.heard) for c in chars)
    return own >= OWN_CHARS and not asks(turn.utterance.text[-OWN_CHARS:])


def moves_on(text: str, talked_ms: int) -> bool:
    """Whether words of the agent's own leave a line behind: a question, or long talk."""
    return asks(text) or talked_ms >= MOVED_ON_MS
