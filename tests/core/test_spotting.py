"""Wordings in running talk: across the recogniser's splits, each at its time and place."""

from __future__ import annotations

import random
from itertools import islice, pairwise

import pytest

from agent_assist.core.events import Utterance, Word
from agent_assist.core.matching import Matcher
from agent_assist.core.spotting import JOIN_GAP_MS, PhraseSpotter, Spotted, Turn
from agent_assist.core.text import spoken
from agent_assist.core.wording import Wording
from tests.packs import lines, phrases

CLOSING = "感谢您对我们工作的支持，再见"
ASKING = "请问您还有别的问题需要我为您解答吗"


def turn(number: int, text: str, start_ms: int, end_ms: int, *words: Word) -> Turn:
    said = Utterance(end_ms, number, "agent", start_ms, end_ms, text, words)
    return Turn.from_utterance(said)


def talk(*texts: str, gap_ms: int = 400) -> list[Turn]:
    """Utterances of 200 ms a character, ``gap_ms`` apart."""
    turns: list[Turn] = []
    at = 0
    for number, text in enumerate(texts):
        end = at + 200 * max(1, len(text))
        turns.append(turn(number, text, at, end))
        at = end + gap_ms
    return turns


def spotted(*texts: str, gap_ms: int = 400, matcher: Matcher | None = None) -> list[Spotted]:
    spotter = PhraseSpotter(matcher or phrases().matcher)
    return [s for t in talk(*texts, gap_ms=gap_ms) for s in spotter.feed(t)]


def situations(found: list[Spotted]) -> set[str]:
    return {o[0] for s in found for o in s.match.owners if isinstance(o, tuple)}


def split_at(text: str, *shares: float) -> list[str]:
    at = [0, *(round(len(text) * share) for share in shares), len(text)]
    return [text[a:b] for a, b in pairwise(at)]


# ── across utterances ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("shares", [(0.5,), (0.3,), (0.7,), (0.33, 0.67)], ids=str)
@pytest.mark.parametrize("before", ["", "好的，我这边已经看到了"], ids=["first", "after talk"])
def test_a_wording_split_by_pauses_is_heard(shares: tuple[float, ...], before: str) -> None:
    told = []
    for i, _, _, line in islice(lines(10), len(shares), None, 9):
        chars = spoken(line).chars
        parts = split_at(chars, *shares)
        told.append(i in situations(spotted(*[before] * bool(before), *parts)))
    assert len(told) > 40
    assert sum(told) / len(told) >= 0.95


def test_a_wording_in_two_parts_is_reported_once() -> None:
    found = spotted(*split_at(CLOSING, 0.5))
    assert len(found) == 1
    assert "close-normal" in situations(found)


def test_a_wording_recognised_early_is_reported_again_when_it_is_whole() -> None:
    early, whole = spotted(*split_at(CLOSING, 0.33, 0.67))
    assert early.match.score < whole.match.score == 1
    assert (early.turn, early.start_ms) == (whole.turn, whole.start_ms) == (0, 0)
    assert early.end_ms < whole.end_ms
    assert situations([early]) & situations([whole]) == {"close-normal"}


def test_a_wording_whole_in_its_utterance_is_not_joined_to_the_one_before() -> None:
    found = spotted("您的余额是三十五元", CLOSING)
    assert [s.turn for s in found] == [1]


def test_nothing_is_joined_over_a_long_silence() -> None:
    matcher = Matcher([("x", Wording((CLOSING,)))])
    first, second = split_at(CLOSING, 0.5)
    assert spotted(first, second, gap_ms=JOIN_GAP_MS, matcher=matcher)
    assert not spotted(first, second, gap_ms=JOIN_GAP_MS + 1, matcher=matcher)


def test_two_wordings_in_a_row_stay_two() -> None:
    matcher = Matcher([("ask", Wording((ASKING,))), ("close", Wording((CLOSING,)))])
    found = spotted(ASKING, CLOSING, matcher=matcher)
    assert [(s.match.owners, s.turn) for s in found] == [(("ask",), 0), (("close",), 1)]


def test_an_utterance_without_text_neither_matches_nor_parts_a_wording() -> None:
    matcher = Matcher([("x", Wording((CLOSING,)))])
    first, second = split_at(CLOSING, 0.5)
    found = spotted(first, "", second, gap_ms=200, matcher=matcher)
    assert [s.turn for s in found] == [0]


def test_long_talk_before_a_wording_does_not_hide_it() -> None:
    rng = random.Random(5)
    filler = ["".join(rng.choices("天地人山水火风云雨雪花草树木", k=30)) for _ in range(6)]
    first, second = split_at(CLOSING, 0.5)
    assert "close-normal" in situations(spotted(*filler, first, second))


# ── place and time ─────────────────────────────────────────────────────────────────────────────


def test_where_a_split_wording_was_said() -> None:
    matcher = Matcher([("x", Wording((CLOSING,)))])
    (found,) = spotted("您的余额是三十五元", "感谢您对我们", "工作的支持再见", matcher=matcher)
    turns = talk("您的余额是三十五元", "感谢您对我们", "工作的支持再见")
    assert found.turn == 1
    assert found.start_ms == turns[1].utterance.start_ms
    assert found.end_ms == turns[2].utterance.end_ms
    assert found.heard == "感谢您对我们工作的支持再见"


def test_where_a_wording_inside_an_utterance_was_said() -> None:
    matcher = Matcher([("x", Wording(("请问还有什么可以帮您",)))])
    (found,) = spotted("已经好了，请问还有什么可以帮您？谢谢", matcher=matcher)
    assert found.heard == "请问还有什么可以帮您"
    said = talk("已经好了，请问还有什么可以帮您？谢谢")[0].utterance
    assert said.start_ms < found.start_ms < found.end_ms < said.end_ms


def test_word_times_place_a_character() -> None:
    words = (Word("您好", 100, 500, 0.9), Word("再见", 900, 1300, 0.4))
    said = turn(0, "您好再见", 0, 1500, *words)
    assert said.span_ms(0, 4) == (0, 1500)
    assert said.span_ms(2, 4) == (900, 1500)
    assert said.span_ms(1, 3) == (300, 1100)
    assert said.confidence(0, 2) == 0.9
    assert said.confidence(2, 4) == said.confidence(1, 3) == 0.4


def test_word_times_never_lead_out_of_the_utterance() -> None:
    words = (Word("您好再见", 50, 900, 0.9), Word("五", 1200, 1250, 0.3))
    said = turn(0, "您好再见五", 100, 1000, *words)
    assert said.span_ms(0, 4) == (100, 1000)
    assert said.span_ms(4, 5) == (1000, 1000)


def test_without_words_time_is_shared_evenly() -> None:
    said = turn(0, "您好再见", 1000, 1800)
    assert said.span_ms(1, 3) == (1200, 1600)
    assert said.confidence(0, 4) == 1.0
    assert turn(1, "", 50, 90).span_ms(0, 0) == (50, 90)


def test_spans_lie_inside_the_call_and_in_order() -> None:
    for _, _, _, line in islice(lines(8), 0, None, 25):
        for found in spotted("嗯好的", *split_at(line, 0.4), "今天天气不错"):
            assert 0 <= found.start_ms <= found.end_ms
            assert spoken(found.heard).chars in spoken("嗯好的" + line + "今天天气不错").chars
            assert 0 <= found.confidence <= 1
