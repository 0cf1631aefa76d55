"""Runs every rule over a call: buffers what is heard until it is settled, then judges in order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from heapq import heappop, heappush

from agent_assist.core.compliance.asking import FirstQuestionState
from agent_assist.core.compliance.attention import Audience
from agent_assist.core.compliance.circumstances import listen_for
from agent_assist.core.compliance.earshot import Earshot, earshot
from agent_assist.core.compliance.facts import CLICK_MS, CallFacts, SettledTurn
from agent_assist.core.compliance.forbid import ForbidState
from agent_assist.core.compliance.gaps import BOTH, with_gaps
from agent_assist.core.compliance.homophones import with_homophones
from agent_assist.core.compliance.manners import EchoState, PaceRatioState, TalkShareState
from agent_assist.core.compliance.meant import forbidding, meant_in, told_once
from agent_assist.core.compliance.measure import (
    OverlapState,
    SilenceState,
    SpeechRateState,
    StepPauseState,
)
from agent_assist.core.compliance.noise import NoiseGauge
from agent_assist.core.compliance.odds import is_weighed
from agent_assist.core.compliance.order import OrderState
from agent_assist.core.compliance.precede import PrecedeState
from agent_assist.core.compliance.quantities import (
    CountState,
    DurationState,
    HangupWaitState,
    PauseState,
    SpanState,
    SurnameState,
)
from agent_assist.core.compliance.readback import ReadBackState
from agent_assist.core.compliance.require import OpeningState, RequireState
from agent_assist.core.compliance.respond import DeadlineState, FollowState
from agent_assist.core.compliance.taboo import TabooState
from agent_assist.core.compliance.verdicts import CheckState
from agent_assist.core.context import CallContext
from agent_assist.core.events import AudioGap, Channel, Finding, HungUpBy, LineQuality, Overdue
from agent_assist.core.line_state import unfair_because
from agent_assist.core.rules import Check, Forbid, Measure, Order, Require, Rule
from agent_assist.core.script import Script
from agent_assist.core.spotting import Spotted, Turn


class Inspector:
    """All checks of a script in the course of one call."""

    def __init__(self, script: Script, context: CallContext) -> None:
        self.facts = CallFacts(script, context)
        self._checks = _started(script, context.desk)
        for check, _ in self._checks:
            blame = check.blame if isinstance(check, Require) else ()
            for when in (check.when, *blame):
                listen_for(when, script, context.desk)
        self._ears = {channel: earshot(script, channel) for channel in BOTH}
        self._audiences = _audiences(script, context.desk, *self._ears.values())
        self._timed = [(check, s) for check, s in self._checks if isinstance(s, OpeningState)]
        self._deadlines = [state for _, state in self._checks if isinstance(state, DeadlineState)]
        self._waiting: list[tuple[int, int, SettledTurn]] = []
        self._noise = NoiseGauge()
        self._poor: list[tuple[LineQuality, str]] = []

    def hear(self, turn: Turn, spotted: tuple[Spotted, ...]) -> None:
        """Take in an utterance; it is judged once everything before it is known."""
        settled = SettledTurn(turn, spotted)
        heappush(self._waiting, (settled.start_ms, settled.number, settled))

    def voice_began(self, at_ms: int, channel: Channel) -> None:
        """Somebody began to speak."""
        self.facts.voices_ms.setdefault(channel, at_ms)

    def voice_ended(self, at_ms: int, channel: Channel) -> None:
        """A side fell silent; what was too short for any word was none of its voice."""
        began_ms = self.facts.voices_ms.get(channel)
        if began_ms is not None and at_ms - began_ms < CLICK_MS:
            del self.facts.voices_ms[channel]

    def listened(self, until_ms: int) -> list[Overdue]:
        """Every voice that began until then is known; each deadline that passed without, once."""
        passed = [d for d in self._deadlines if d.is_overdue(until_ms, self.facts)]
        self._deadlines = [d for d in self._deadlines if d not in passed]
        return [deadline.to_overdue() for deadline in passed]

    def line_was(self, quality: LineQuality) -> None:
        """What a stretch of speech was like to hear, told before it is settled."""
        if reason := unfair_because(quality):
            self._poor.append((quality, reason))

    def lost(self, gap: AudioGap) -> None:
        """Sound is missing, told before what follows it is settled."""
        self.facts.lose(gap)

    def _as_heard(self, settled: SettledTurn) -> SettledTurn:
        """The turn with what is known by now of how well it was heard."""
        reasons = (
            reason
            for quality, reason in self._poor
            if quality.channel == settled.channel
            and quality.start_ms < settled.end_ms
            and settled.start_ms < quality.end_ms
        )
        reason = next(reasons, "")
        told = self._noise.told(replace(settled, unfair=reason) if reason else settled)
        meant = meant_in(told, self.facts.script)
        return replace(told, meant=meant) if meant else told

    def settle(self, until_ms: int) -> list[Finding]:
        """Judge all that started before ``until_ms``."""
        findings: list[Finding] = []
        while self._waiting and self._waiting[0][0] < until_ms:
            settled = self._as_heard(heappop(self._waiting)[2])
            findings += self._at(settled.start_ms)
            self.facts.turns.append(settled)
            findings += self._on_turn(settled)
        return findings + self._at(until_ms)

    def _on_turn(self, settled: SettledTurn) -> list[Finding]:
        """What those checks find in a turn that it matters to."""
        audience = self._audiences[settled.channel]
        heard = self._ears[settled.channel].heard(settled.turn.text, settled.noise)
        told = audience.of(heard.hits, settled.situations, settled.meant)
        findings: list[Finding] = []
        for n in audience.of_any() if is_weighed(settled) else told:
            check, state = self._checks[n]
            if given := state.on_turn(settled, self.facts):
                findings += self._as_far(check, given, settled.end_ms)
        return told_once(findings, forbidding(self.facts.script))

    def end(self, at_ms: int, hung_up_by: HungUpBy) -> list[Finding]:
        """Judge the rest and close every check."""
        findings = self.settle(at_ms + 1)
        self.facts.ended_at_ms = at_ms
        self.facts.hung_up_by = hung_up_by
        for check, state in self._checks:
            findings += self._as_far(check, state.on_end(self.facts), at_ms)
        return findings

    def _at(self, now_ms: int) -> list[Finding]:
        return [
            finding
            for check, state in self._timed
            if (given := state.on_time(now_ms, self.facts))
            for finding in self._as_far(check, given, now_ms)
        ]

    def _as_far(self, check: Check, given: list[Finding], until_ms: int) -> list[Finding]:
        """The findings as far as lost sound, and words that sound alike, let them stand."""
        return [
            with_homophones(with_gaps(finding, check, self.facts, until_ms), self.facts)
            for finding in given
        ]


def _started(script: Script, desk: str) -> list[tuple[Check, CheckState]]:
    """All checks, at the beginning of a call."""
    return [
        (check, _start(rule, check, script, desk)) for rule in script.rules for check in rule.checks
    ]


@lru_cache(maxsize=64)
def _audiences(script: Script, desk: str, *_ears: Earshot) -> Mapping[Channel, Audience]:
    """Who is told of which turns: the same in every call of a desk, as long as ``_ears`` number
    what is listened for."""
    attentions = [state.attends for _, state in _started(script, desk)]
    return {channel: Audience(attentions, channel) for channel in BOTH}


def _start(rule: Rule, check: Check, script: Script, desk: str) -> CheckState:
    if isinstance(check, Require):
        if check.window == "first_question":
            return FirstQuestionState(rule, check)
        in_time = OpeningState if check.window == "opening" else RequireState
        return in_time(rule, check, script, desk)
    if isinstance(check, Forbid):
        return (
            TabooState(rule, check, script)
            if check.taboo
            else ForbidState(rule, check, script, desk)
        )
    if isinstance(check, Order):
        return (PrecedeState if check.first else OrderState)(rule, check, script, desk)
    if isinstance(check, Measure):
        return _start_measure(rule, check, script, desk)
    if check.after == "call_connected":
        return DeadlineState(rule, check)
    if check.repeat:
        return ReadBackState(rule, check)
    return FollowState(rule, check, script, desk)


def _start_measure(rule: Rule, check: Measure, script: Script, desk: str) -> CheckState:
    match check.of:
        case "speech_rate":
            return SpeechRateState(rule, check)
        case "overlap":
            return OverlapState(rule, check)
        case "duration":
            return DurationState(rule, check)
        case "hangup_wait":
            return HangupWaitState(rule, check)
        case "echo":
            return EchoState(rule, check)
    return _MEASURES_OF_WORDS[check.of](rule, check, script, desk)


_MEASURES_OF_WORDS: dict[str, Callable[[Rule, Measure, Script, str], CheckState]] = {
    "silence": SilenceState,
    "count": CountState,
    "surname": SurnameState,
    "pause": PauseState,
    "span": SpanState,
    "step_pause": StepPauseState,
    "pace_ratio": PaceRatioState,
    "talk_share": TalkShareState,
}
