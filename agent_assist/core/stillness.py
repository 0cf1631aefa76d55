"""What lasting silence brings up: a silent caller, a hold nobody came back to, no answer."""

from __future__ import annotations

from agent_assist.core.context import CallContext
from agent_assist.core.cues import first_with
from agent_assist.core.events import AudioGap, Channel
from agent_assist.core.script import Script, Situation
from agent_assist.core.standing import Standing

SILENCE_AFTER_GREETING_MS = 2000
"""No sound from the customer this long after the greeting is a silent caller."""

LEAST_GAP_MS = 200
"""Less lost sound than this hides nobody's words."""

_QUIET_BY_RIGHT = frozenset(
    {"audio", "hold", "verification", "transfer", "callback", "close", "window"}
)
"""Kinds of situation in which the customer is busy, or silence is somebody else's affair."""


class Stillness:
    """Follows who speaks; each moment at which silence calls for something is told once."""

    def __init__(self, script: Script, context: CallContext, standing: Standing) -> None:
        self._script = script
        self._context = context
        self._now = standing
        self._speaking: set[Channel] = set()
        self._fired_ms = -1
        self._explained = False
        self.customer_heard = False
        self.quiet_since_ms = 0

    def voice_started(self, channel: Channel) -> None:
        self._speaking.add(channel)
        self.customer_heard = self.customer_heard or channel == "customer"

    def voice_ended(self, at_ms: int, channel: Channel) -> None:
        self._speaking.discard(channel)
        self.quiet_since_ms = max(self.quiet_since_ms, at_ms)

    def lost(self, gap: AudioGap) -> None:
        """Silence that stands for lost sound is none: it begins anew where sound is back."""
        if gap.duration_ms >= LEAST_GAP_MS:
            self.quiet_since_ms = max(self.quiet_since_ms, gap.at_ms + gap.duration_ms)

    def is_speaking(self, channel: Channel) -> bool:
        return channel in self._speaking

    def talked(self, channel: Channel, explains: bool) -> None:
        """Who spoke last, and whether it was the agent explaining something."""
        self._explained = channel == "agent" and explains

    def deadline(self) -> tuple[int, Situation] | None:
        """When lasting silence will bring up a situation by itself, and which."""
        found = None if self._speaking else self._calls_for()
        return found if found and found[0] > self._fired_ms else None

    def fired(self, at_ms: int) -> None:
        self._fired_ms = at_ms

    def _calls_for(self) -> tuple[int, Situation] | None:
        now = self._now
        if now.phase == "hold":
            revisit = first_with(self._script, phase="hold", timed=True)
            if revisit and (now.due is None or now.due.situation is not revisit):
                return self.quiet_since_ms + (revisit.trigger.after_ms or 0), revisit
            return None
        silent = first_with(self._script, event="call_connected", line="silent")
        if silent and self._may_be_silent_caller(silent):
            wait = silent.trigger.after_ms or SILENCE_AFTER_GREETING_MS
            return self.quiet_since_ms + wait, silent
        unanswered = first_with(self._script, phase="explaining", line="silent", timed=True)
        if unanswered and self._may_be_unanswered(unanswered):
            return self.quiet_since_ms + (unanswered.trigger.after_ms or 0), unanswered
        return None

    def _may_be_silent_caller(self, silent: Situation) -> bool:
        now = self._now
        before = now.said is None or self._script.situations[now.said[0]].category == "greeting"
        unheard = self._context.hears_customer and not self.customer_heard
        return now.greeted and before and unheard and now.active is not silent

    def _may_be_unanswered(self, unanswered: Situation) -> bool:
        now = self._now
        busy = now.active is not None and now.active.category in _QUIET_BY_RIGHT
        asked = now.active is unanswered or now.phase == "closing"
        return self._explained and self.customer_heard and not busy and not asked
