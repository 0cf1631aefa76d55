"""jambonz `listen`: call attributes in one JSON message, then linear sound, nothing else.

What a SIPREC recorder built on jambonz sends as well. The end of the connection is the call's.
https://docs.jambonz.org/verbs/verbs/listen
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from agent_assist.adapters.telephony_control import Fault, Knock, Message, Offer, Switchboard
from agent_assist.adapters.telephony_session import Conversation, called, checked
from agent_assist.core.events import Channel

PROTOCOL = "audio.jambonz.org"
FIRST: dict[str, tuple[Channel, Channel]] = {
    "left": ("agent", "customer"),
    "right": ("customer", "agent"),
}


class Attributes(BaseModel):
    """Of the call's attributes, what is needed; ``metadata`` is the site's own."""

    model_config = ConfigDict(strict=True, extra="allow", frozen=True)
    callSid: Annotated[str, Field(min_length=1, max_length=64)]
    sampleRate: Annotated[int, Field(ge=8_000, le=48_000)]
    mixType: Literal["mono", "stereo"]
    agent_channel: Literal["left", "right"] = "right"


class JambonzSession(Conversation):
    """One connection."""

    protocol = "jambonz"

    def __init__(self, board: Switchboard) -> None:
        super().__init__(board)
        self._channels: tuple[Channel, ...] = ()

    def lost(self) -> None:
        """The listening is over, and with it the call."""
        if self.call:
            self.call.leave()
        self.call = None

    def _follow(self, data: dict[str, Any]) -> list[Message]:
        if self.call:
            return []  # keys that a caller pressed
        metadata = data.get("metadata")
        given = {**data, **(metadata if isinstance(metadata, dict) else {})}
        facts = checked(Attributes, given)
        both = FIRST[facts.agent_channel]
        self._channels = both if facts.mixType == "stereo" else ("agent",)
        body = called({"customer_number": data.get("from"), **given}, facts.callSid)
        sides = tuple(sorted(self._channels))
        offer = Offer(body.to_meta(), body.to_caller(), sides, facts.sampleRate)
        self.call = self._board.open(offer)
        return []

    def _take(self, payload: bytes) -> None:
        self._put(self._channels, (payload, "pcm16"))

    def _tell(self, fault: Fault) -> list[Message]:
        return []


def jambonz(board: Switchboard, knock: Knock) -> JambonzSession:
    """Lets those in who know the token, as bearer or as password of basic authentication."""
    if not knock.knows_token:
        raise Fault("unauthorized", "the token is needed")
    return JambonzSession(board)
