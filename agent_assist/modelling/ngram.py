"""Word n-gram models of a site's sentences, with room for everything else.

Three layers are interpolated: n-grams of the weighted sentences (Witten-Bell),
a unigram of general words, and one word per syllable so that unknown words are
still heard as syllables.  What follows a letter is counted for all letters together, so that
any run of them can be heard as spelled.  The result is written as a weighted acceptor.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from agent_assist.core.letters import LETTERS

History = tuple[str, ...]
START, END, LETTER = "<s>", "</s>", "<letter>"


def remembered(word: str) -> str:
    """What the model knows of a word that was said: of a letter only that it is one."""
    return LETTER if word in LETTERS else word


@dataclass(frozen=True)
class Mixture:
    """Shares of the layers in the unigram, and how the costs are scaled.

    ``backoff`` is the Witten-Bell weight of a seen continuation; ``scale``
    multiplies every cost and ``bonus`` is taken off every word's, because the
    acoustic model is trained without a language model and the costs of both
    must be brought into proportion.  ``stop`` is the least probability of the end
    after any word: utterances also end where no sentence does, and with a dear end
    the recogniser would rather hear a short word in the noise that follows.
    """

    domain: float = 0.6
    general: float = 0.25
    syllables: float = 0.15
    backoff: float = 1.0
    scale: float = 0.5
    bonus: float = 0.0
    stop: float = 0.1
    order: int = 3

    def __post_init__(self) -> None:
        if abs(self.domain + self.general + self.syllables - 1) > 1e-6:
            raise ValueError("the shares of the layers must add up to 1")


@dataclass
class Counts:
    """Weighted continuations: history → next word → weight."""

    table: dict[History, dict[str, float]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(float))
    )

    def add(self, words: Sequence[str], weight: float, order: int) -> None:
        """Count one sentence for all histories shorter than ``order``."""
        before = [START, *map(remembered, words)]
        for k, word in enumerate((*words, END), 1):
            for length in range(min(order - 1, k) + 1):
                self.table[tuple(before[k - length : k])][word] += weight


def normalise(weights: Mapping[str, float]) -> dict[str, float]:
    """Scale positive weights to sum to one."""
    total = sum(weights.values())
    return {word: weight / total for word, weight in weights.items()} if total else {}


class NgramModel:
    """Interpolated back-off model over words."""

    def __init__(
        self,
        sentences: Iterable[tuple[Sequence[str], float]],
        general: Mapping[str, float],
        syllables: Mapping[str, float],
        mixture: Mixture,
    ) -> None:
        """``sentences`` are (words, weight); the other layers map words to weights."""
        self.mixture = mixture
        counts = Counts()
        for words, weight in sentences:
            counts.add(words, weight, mixture.order)
        self._counts = counts.table
        layers = (
            (normalise(counts.table[()]), mixture.domain),
            (normalise(general), mixture.general),
            (normalise(syllables), mixture.syllables),
        )
        self._unigram: dict[str, float] = defaultdict(float)
        share = sum(weight for layer, weight in layers if layer)
        for layer, weight in layers:
            for word, probability in layer.items():
                self._unigram[word] += probability * weight / share

    @property
    def words(self) -> list[str]:
        """The vocabulary, sorted."""
        return sorted(self._unigram.keys() - {END})

    def _backoff(self, history: History) -> float:
        """Share of probability given to the shorter history.

        A word counts as one kind, or as less when it was seen with less than the weight of one.
        """
        following = self._counts[history].values()
        kinds = self.mixture.backoff * sum(min(1.0, weight) for weight in following)
        return kinds / (kinds + sum(following))

    def probability(self, word: str, history: History) -> float:
        """P(word | history), 0 for unknown words."""
        if not history:
            return self._unigram.get(word, 0.0)
        shorter = self.probability(word, history[1:])
        following = self._counts.get(history)
        if not following:
            return shorter
        share = self._backoff(history)
        return share * shorter + (1 - share) * following.get(word, 0.0) / sum(following.values())

    def histories(self) -> list[History]:
        """Histories that have a state of their own, shortest first."""
        return sorted({(), *self._counts}, key=lambda history: (len(history), history))

    def acceptor(self, word_ids: Mapping[str, int], backoff_id: int) -> str:
        """Text form of the model as an FST; back-off arcs carry ``backoff_id`` : 0.

        The state of the sentence start comes first.
        """
        states = {history: number for number, history in enumerate(self.histories())}
        start = states.get((START,), states[()])
        lines: list[str] = []
        for history, state in states.items():
            following = self._counts[history] if history else self._unigram
            lines.append(f"{state} {self._end_cost(history):.4f}")
            for word in following:
                if word == END:
                    continue
                cost = -math.log(self.probability(word, history)) * self.mixture.scale
                target = self._target((*history, remembered(word)), states)
                label = word_ids[word]
                lines.append(f"{state} {target} {label} {label} {cost - self.mixture.bonus:.4f}")
            if history:
                cost = -math.log(self._backoff(history)) * self.mixture.scale
                target = self._target(history[1:], states)
                lines.append(f"{state} {target} {backoff_id} 0 {cost:.4f}")
        lines.sort(key=lambda line: (not line.startswith(f"{start} "), line.count(" ") < 3))
        return "\n".join(lines) + "\n"

    def _end_cost(self, history: History) -> float:
        likely = max(self.probability(END, history), self.mixture.stop, 1e-9)
        return -math.log(likely) * self.mixture.scale

    def _target(self, history: History, states: Mapping[History, int]) -> int:
        history = history[-(self.mixture.order - 1) :] if self.mixture.order > 1 else ()
        while history not in states:
            history = history[1:]
        return states[history]
