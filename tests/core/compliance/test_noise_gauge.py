"""How many characters a recogniser gets wrong is told from the wordings heard in a call."""

from __future__ import annotations

from agent_assist.core.compliance.facts import SettledTurn
from agent_assist.core.compliance.noise import NoiseGauge
from agent_assist.core.events import Utterance
from agent_assist.core.matching import Matcher
from agent_assist.core.spotting import PhraseSpotter, Turn
from agent_assist.core.wording import Wording

LINES = ("您好！中国移动，很高兴为您服务！", "请问还有什么可以帮您？")
MATCHER = Matcher(enumerate(Wording((line,)) for line in LINES))


def noise_after(*lines: str, confidence: float = 1.0) -> float:
    """What the gauge tells of the last of these lines of an agent."""
    gauge, spotter, noise = NoiseGauge(), PhraseSpotter(MATCHER), 0.0
    for i, line in enumerate(lines):
        said = Utterance(0, i, "agent", i * 9000, i * 9000 + 4000, line, confidence=confidence)
        turn = Turn.from_utterance(said)
        noise = gauge.told(SettledTurn(turn, tuple(spotter.feed(turn)))).noise
    return noise


def test_lines_said_as_written_are_clear() -> None:
    assert noise_after(*LINES) == 0.0
    assert noise_after("今天天气很好。") == 0.0


def test_characters_of_like_sound_are_noise() -> None:
    assert noise_after("领好中国移动很高心位您服物") >= 0.2


def test_words_of_the_agents_own_are_none() -> None:
    own, noise = "您好！中国移动，特别乐意为您服务！", "您好中光移动很乐兴为您意务"
    assert noise_after(own) < 0.1 < noise_after(noise)
    assert noise_after("你好！中国移动，很高兴为你服务！") == 0.0


def test_clear_lines_put_a_slip_into_proportion() -> None:
    assert noise_after(LINES[0], "请问还又什么可以帮您", *LINES) < noise_after(
        "请问还又什么可以帮您"
    )


def test_doubt_of_the_recogniser_counts() -> None:
    assert noise_after(LINES[0], confidence=0.6) == 0.4
