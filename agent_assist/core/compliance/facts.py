"""The settled facts of a call, in the order they happened; all that a check may look at."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from agent_assist.core.context import CallContext
from agent_assist.core.events import AudioGap, Channel, HungUpBy
from agent_assist.core.matching import Match
from agent_assist.core.particulars import asks_name, told_surname
from agent_assist.core.script import Script
from agent_assist.core.spotting import Spotted, Turn

NOISE_MS = 300
"""Unrecognised sound shorter than this is no speech: a cough, a click."""
CLICK_MS = 150
"""Voice shorter than this is too short for any word: a click, or the line's own noise."""
BACK_CHANNEL_CHARS = 3
"""So few characters are a sign of listening (嗯, 喂, 好的), not a turn of talk."""
FOREIGN_CHARS = 8
"""So many letters may stand in Chinese talk: names of services, numbers of contracts."""
LEAST_GAP_MS = 200
"""Less lost sound in a row than this holds no word and hides no pause."""


@dataclass(frozen=True, slots=True)
class SettledTurn:
    """One utterance with what was spotted in it.

    ``noise`` is the share of characters that the recogniser gets wrong in this call, as far as
    the talk up to here tells; ``unfair`` what was wrong with the line meanwhile, empty if nothing.
    ``meant`` is where which meaning was likelier than not; the score is its probability.
    """

    turn: Turn
    spotted: tuple[Spotted, ...]
    noise: float = 0.0
    unfair: str = ""
    meant: Mapping[str, Spotted] = field(default_factory=dict)
    number: int = field(init=False)
    channel: Channel = field(init=False)
    start_ms: int = field(init=False)
    end_ms: int = field(init=False)
    is_speech: bool = field(init=False)
    situations: frozenset[str] = field(init=False)
    """Those of which a wording was spotted."""
    belongs: tuple[frozenset[str], ...] = field(init=False)
    """The situations of each wording spotted that belongs to nothing else."""

    def __post_init__(self) -> None:
        said = self.turn.utterance
        is_speech = bool(len(self.turn.text)) or said.end_ms - said.start_ms >= NOISE_MS
        object.__setattr__(self, "number", said.turn)
        object.__setattr__(self, "channel", said.channel)
        object.__setattr__(self, "start_ms", said.start_ms)
        object.__setattr__(self, "end_ms", said.end_ms)
        object.__setattr__(self, "is_speech", is_speech)
        each = (spot.match.situations for spot in self.spotted)
        object.__setattr__(self, "situations", frozenset[str]().union(*each))
        belongs = (s.match.situations for s in self.spotted if _is_of_situations(s.match))
        object.__setattr__(self, "belongs", tuple(belongs))

    @property
    def is_foreign(self) -> bool:
        """Whether it is mostly in letters: each of them counts as a character, but is none."""
        chars = self.turn.text.chars
        return sum(char.isascii() for char in chars) > max(FOREIGN_CHARS, len(chars) / 2)

    @property
    def ends_opening(self) -> bool:
        """Whether the customer has taken the word."""
        return self.channel == "customer" and len(self.turn.text) > BACK_CHANNEL_CHARS

    def closing_lines(self, script: Script) -> list[Match]:
        """The lines in it with which the agent comes to the end."""
        closing = {name for name in self.situations if script.situations[name].enters == "closing"}
        return [s.match for s in self.spotted if not closing.isdisjoint(s.match.situations)]

    def closes(self, script: Script) -> bool:
        """Whether such a line is in it."""
        return bool(self.closing_lines(script))

    def says(self, situation: str, step: int | None = None) -> Spotted | None:
        """The first spotted wording of a situation (and step), whichever owner it was given to."""
        for spotted in self.spotted:
            for owner in spotted.match.owners:
                if isinstance(owner, tuple) and owner[0] == situation and step in (None, owner[1]):
                    return spotted
        return None


@dataclass(slots=True)
class CallFacts:
    """Grows as the call settles; ``turns`` are ordered by start."""

    script: Script
    context: CallContext
    turns: list[SettledTurn] = field(default_factory=list)
    voices_ms: dict[Channel, int] = field(default_factory=dict)
    """When each side's voice was first heard: speech, or noise longer than a click."""
    gaps_ms: dict[Channel, list[tuple[int, int]]] = field(default_factory=dict)
    """From when to when each side's sound is missing; what was told in pieces is one gap."""
    ended_at_ms: int | None = None
    hung_up_by: HungUpBy = "unknown"

    def lose(self, gap: AudioGap) -> None:
        """Sound is missing; silence stands in its place."""
        gaps = self.gaps_ms.setdefault(gap.channel, [])
        start_ms, end_ms = gap.at_ms, gap.at_ms + gap.duration_ms
        if gaps and start_ms <= gaps[-1][1] + 1:
            start_ms, last_ms = gaps.pop()
            end_ms = max(end_ms, last_ms)
        gaps.append((start_ms, end_ms))

    def missing_ms(self, start_ms: int, end_ms: int, channels: Iterable[Channel]) -> int:
        """How much sound of the worst of these channels is missing there; 0 if it does not matter.

        Gaps that reach ``LEAST_GAP_MS`` or more into the stretch count.
        """
        pieces = (
            [min(end, end_ms) - max(start, start_ms) for start, end in self.gaps_ms.get(c, ())]
            for c in channels
        )
        return max((sum(p for p in each if p >= LEAST_GAP_MS) for each in pieces), default=0)

    def of(self, channel: Channel) -> Iterator[SettledTurn]:
        """Speech of one channel, in order."""
        return (t for t in self.turns if t.channel == channel and t.is_speech)

    @property
    def customer_spoke(self) -> bool:
        return any(True for _ in self.of("customer"))

    def entered(self, situation: str) -> bool:
        """Whether the agent said a wording of the situation."""
        return any(t.says(situation) for t in self.of("agent"))

    def entered_only(self, situations: Collection[str]) -> bool:
        """Whether the agent said a wording that belongs to these situations alone.

        The closing of a silent call, say, is also that of any other.
        """
        wanted = frozenset(situations)
        return any(each <= wanted for turn in self.of("agent") for each in turn.belongs)

    @property
    def named(self) -> tuple[str, list[SettledTurn]]:
        """The customer's surname, empty if it is not known, and what the agent said since then."""
        if surname := self.context.values.get("surname", ""):
            return surname, list(self.of("agent"))
        asked = False
        for i, turn in enumerate(self.turns):
            text = turn.turn.utterance.text
            if turn.channel == "customer" and (surname := told_surname(text, asked=asked)):
                later = self.turns[i:]
                return surname, [t for t in later if t.channel == "agent" and t.is_speech]
            asked = turn.channel == "agent" and asks_name(text)
        return "", []

    @property
    def longest_turn(self) -> int:
        """Characters of the agent's longest turn, without the lines of the script in it."""
        return max(map(_own_chars, self.of("agent")), default=0)

    def customer_said(self, word: str) -> bool:
        """Whether the customer said the word, to the character."""
        return any(word in t.turn.text.chars for t in self.of("customer"))

    def opening(self, span_ms: int) -> list[SettledTurn]:
        """The agent's turns of the first ``span_ms``, up to the customer's first real words."""
        turns: list[SettledTurn] = []
        for turn in self.turns:
            if turn.channel == "agent" and len(turn.turn.text):
                if turns and turn.start_ms > turns[0].start_ms + span_ms:
                    break
                turns.append(turn)
            elif turns and turn.ends_opening:
                break
        return turns


def _own_chars(settled: SettledTurn) -> int:
    """How many characters of a turn stand in no wording of the script."""
    spots = (spot.match for spot in settled.spotted if spot.turn == settled.number)
    return len(settled.turn.text) - sum(match.end - match.start for match in spots)


def _is_of_situations(match: Match) -> bool:
    """Whether a wording belongs to situations and to nothing else."""
    return bool(match.owners) and all(isinstance(owner, tuple) for owner in match.owners)
