"""Catalogue wordings in talk: found when said, whatever the accent; not found in ordinary talk."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable
from functools import lru_cache
from itertools import islice, pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_assist.core.matching import Match, Matcher, matcher_of, threshold
from agent_assist.core.phonetics import folded
from agent_assist.core.text import DIGIT_CHARACTERS, SpokenText, spoken
from agent_assist.core.wording import Slot, Wording
from tests.packs import lines, literals, phrases, repeatable, script

ORDINARY_TALK = (Path(__file__).parent / "data" / "ordinary_talk.txt").read_text(encoding="utf-8")
CHARACTERS = "您好请问有什么可以帮助吗感谢工作支持再见很抱歉听不清讲话手机稍等查询号码姓名天雨花"


def situations(matches: list[Match]) -> set[str]:
    return {o[0] for m in matches for o in m.owners if isinstance(o, tuple)}


def heard_in(text: str | SpokenText) -> set[str]:
    return situations(phrases().matcher.find(spoken(text) if isinstance(text, str) else text))


def of(*texts: str, exact_short: bool = False) -> Matcher:
    return Matcher(((t, Wording((t,))) for t in texts), exact_short=exact_short)


def found(matcher: Matcher, text: str) -> list[str]:
    return [m.wording.text for m in matcher.find(spoken(text))]


# ── said as written ────────────────────────────────────────────────────────────────────────────


def test_every_line_is_heard_when_said_as_written_with_its_places_filled() -> None:
    missed = [line for i, _, _, line in lines(8) if i not in heard_in(line)]
    assert missed == []


def test_every_line_is_heard_inside_longer_talk() -> None:
    told = [
        i in heard_in(f"嗯那个我看一下啊，{line}这个月的天气还是比较凉快的")
        for i, _, _, line in islice(lines(8), 1, None, 2)
    ]
    assert sum(told) / len(told) >= 0.99


def test_several_wordings_are_found_in_the_order_they_were_said() -> None:
    matcher = of("感谢您的耐心等待", "请问还有什么可以帮您")
    text = "请问还有什么可以帮您，哦，感谢您的耐心等待"
    assert found(matcher, text) == ["请问还有什么可以帮您", "感谢您的耐心等待"]


def test_found_stretches_do_not_overlap() -> None:
    all_lines = [line for _, _, _, line in lines(8)]
    rng = random.Random(7)
    for _ in range(60):
        text = "，".join(rng.sample(all_lines, 3))
        matches = phrases().matcher.find(spoken(text))
        for before, after in pairwise(matches):
            assert before.end <= after.start


# ── heard with an accent ───────────────────────────────────────────────────────────────────────

SWAPS: dict[str, Callable[[str], str]] = {
    "n for l": lambda s: "n" + s[1:] if s[0] == "l" else s,
    "l for n": lambda s: "l" + s[1:] if s[0] == "n" else s,
    "z for zh": lambda s: s.replace("zh", "z"),
    "c for ch": lambda s: s.replace("ch", "c"),
    "s for sh": lambda s: s.replace("sh", "s"),
    "in for ing": lambda s: s.removesuffix("g") if s.endswith("ing") else s,
    "ing for in": lambda s: s + "g" if s.endswith("in") else s,
    "en for eng": lambda s: s.removesuffix("g") if s.endswith("eng") else s,
    "eng for en": lambda s: s + "g" if s.endswith("en") else s,
    "h for f": lambda s: "h" + s[1:] if s[0] == "f" else s,
    "f for h": lambda s: "f" + s[1:] if s[0] == "h" else s,
}
OTHER_CHARACTER = "㐀"


def with_accent(text: SpokenText, swap: Callable[[str], str]) -> SpokenText:
    """Every character that the accent changes becomes another character with that syllable."""
    syllables = zip(text.chars, text.syllables, strict=True)
    changed = tuple(s if c in DIGIT_CHARACTERS else swap(s) for c, s in syllables)
    pairs = zip(text.chars, text.syllables, changed, strict=True)
    chars = "".join(c if a == b else OTHER_CHARACTER for c, a, b in pairs)
    return SpokenText(chars, chars, changed, text.origin)


@pytest.mark.parametrize("name", SWAPS)
def test_an_accent_does_not_hide_a_wording(name: str) -> None:
    told = []
    for i, _, _, line in islice(lines(8), sorted(SWAPS).index(name) % 3, None, 3):
        accented = with_accent(spoken(line), SWAPS[name])
        if accented.chars != spoken(line).chars:
            told.append(i in heard_in(accented))
    assert len(told) > 5
    assert all(told)


def test_all_accents_at_once_do_not_hide_a_wording() -> None:
    told = [
        i in heard_in(with_accent(spoken(line), folded))
        for i, _, _, line in islice(lines(8), 0, None, 2)
    ]
    assert sum(told) / len(told) >= 0.99


def test_homophones_are_nearly_free() -> None:
    for i, _, wording, line in islice(lines(8), 0, None, 2):
        text = spoken(line)
        sound_alike = SpokenText("", OTHER_CHARACTER * len(text), text.syllables, text.origin)
        matches = phrases().matcher.best(sound_alike, 1)
        if all(isinstance(p, str) for p in wording.pieces):
            assert matches[0].score >= 0.96, line
            assert i in situations(matches), line


# ── noise ──────────────────────────────────────────────────────────────────────────────────────


@lru_cache(maxsize=1)
def homophones() -> dict[str, list[str]]:
    """Other characters of the catalogue with the same syllable."""
    alike: dict[str, set[str]] = defaultdict(set)
    for _, _, _, line in lines(0):
        text = spoken(line)
        for c, s in zip(text.chars, text.syllables, strict=True):
            alike[s].add(c)
    return {s: sorted(chars) for s, chars in alike.items()}


def with_errors(line: str, rate: float, rng: random.Random) -> str:
    """Each character goes wrong with the given probability, in one of four ways."""
    text = spoken(line)
    anything = [c for chars in homophones().values() for c in chars]
    out: list[str] = []
    for char, syllable in zip(text.chars, text.syllables, strict=True):
        if rng.random() >= rate:
            out.append(char)
            continue
        match rng.randrange(4):
            case 0:
                out.append(rng.choice(anything))
            case 1:
                out.append(rng.choice(homophones()[syllable]))
            case 2:
                out += [char, rng.choice(anything)]
    return "".join(out)


@pytest.mark.parametrize(("rate", "least"), [(0.2, 0.98), (0.3, 0.96), (0.4, 0.93)])
def test_wordings_survive_recognition_errors(rate: float, least: float) -> None:
    rng = random.Random(20260512)
    heard = mistaken = total = 0
    for i, _, _, line in lines(8):
        matches = phrases().matcher.find(spoken(with_errors(line, rate, rng)))
        total += 1
        heard += i in situations(matches)
        strongest = max(matches, key=lambda m: m.weight, default=None)
        mistaken += strongest is not None and i not in situations([strongest])
    assert total > 450
    assert heard / total >= least
    assert mistaken / total <= 0.01


# ── ordinary talk ──────────────────────────────────────────────────────────────────────────────


def test_ordinary_talk_is_no_wording() -> None:
    sentences = ORDINARY_TALK.split()
    assert len(set(sentences)) == len(sentences) >= 150
    heard = {s: phrases().matcher.find(spoken(s)) for s in sentences}
    assert {s: [m.wording.text for m in ms] for s, ms in heard.items() if ms} == {}


def test_ordinary_talk_in_a_row_is_no_wording() -> None:
    sentences = ORDINARY_TALK.split()
    random.Random(3).shuffle(sentences)
    for k in range(0, len(sentences) - 2, 3):
        assert heard_in("".join(sentences[k : k + 3])) == set(), sentences[k : k + 3]


@pytest.mark.parametrize("text", ["", "，。！", "嗯", "好", "好的", "😀", "abc"])
def test_next_to_nothing_is_no_wording(text: str) -> None:
    assert phrases().matcher.find(spoken(text)) == []


def test_short_wordings_must_be_said_almost_exactly() -> None:
    needed = [threshold(n) for n in range(1, 30)]
    assert needed == sorted(needed, reverse=True)
    assert found(of("请稍等"), "请稍等") == ["请稍等"]
    assert found(of("请稍等"), "请收等") == []


def test_one_or_two_characters_are_found_only_where_asked_for_and_exactly() -> None:
    assert found(of("再见"), "再见") == []
    exact = of("再见", exact_short=True)
    assert found(exact, "好的再见") == ["再见"]
    assert found(exact, "好的再建") == []


# ── rank, ties and margins ─────────────────────────────────────────────────────────────────────


def described(matches: list[Match]) -> list[tuple[str, frozenset[object], float, int, int]]:
    """What was found, whichever of its owners' punctuations is shown."""
    return [
        (spoken(m.wording.text).chars, frozenset(m.owners), m.score, m.start, m.end)
        for m in matches
    ]


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_the_catalogue_does_not_decide(seed: int) -> None:
    """Which wording is found, where and how well is the same for a shuffled catalogue."""
    entries = [
        ((s.id, step.n), w)
        for s in script().situations.values()
        for step in s.steps
        if step.say
        for w in (step.say, *step.accept)
    ]
    rng = random.Random(seed)
    rng.shuffle(entries)
    shuffled = Matcher(entries)
    sample = rng.sample([line for _, _, _, line in lines(4)], 50)
    talk = [with_errors(line, 0.3, rng) for line in sample]
    for text in (*sample, *talk, *ORDINARY_TALK.split()[:30]):
        straight = phrases().matcher.find(spoken(text))
        assert described(shuffled.find(spoken(text))) == described(straight), text


texts = st.lists(st.text(st.sampled_from(CHARACTERS), min_size=3, max_size=9), min_size=1)


@settings(repeatable, max_examples=60)
@given(texts, st.text(st.sampled_from(CHARACTERS), min_size=1, max_size=24), st.randoms())
def test_reordering_any_catalogue_changes_nothing(
    wordings: list[str], talk: str, rng: random.Random
) -> None:
    wordings = sorted(set(wordings))
    again = rng.sample(wordings, len(wordings))
    one, other = of(*wordings), of(*again)
    assert described(one.find(spoken(talk))) == described(other.find(spoken(talk)))


@settings(repeatable, max_examples=60)
@given(texts, st.text(st.sampled_from(CHARACTERS), min_size=1, max_size=24))
def test_the_same_question_has_the_same_answer(wordings: list[str], talk: str) -> None:
    matcher = of(*wordings)
    first = matcher.find(spoken(talk))
    assert matcher.find(spoken(talk)) == first
    for match in first:
        assert threshold(match.literals) <= match.score <= 1
        assert match.margin <= match.score
        assert 0 <= match.start < match.end <= len(spoken(talk))


def test_of_two_equal_finds_the_longer_wording_wins() -> None:
    matcher = of("很高兴为您服务", "您好，中国移动，很高兴为您服务")
    assert found(matcher, "您好，中国移动，很高兴为您服务") == ["您好，中国移动，很高兴为您服务"]
    assert found(matcher, "很高兴为您服务") == ["很高兴为您服务"]


def test_a_wording_with_two_meanings_keeps_both_in_the_given_order() -> None:
    closing = Wording(("感谢您的来电，再见！",))
    twice = Matcher([("b", closing), ("a", Wording(("感谢您的来电再见",))), ("b", closing)])
    assert len(twice) == 1
    (match,) = twice.find(spoken("感谢您的来电，再见"))
    assert match.owners == ("b", "a")
    assert match.margin == match.score == 1


def test_the_margin_is_the_lead_over_the_best_other_meaning() -> None:
    matcher = of("请您调整一下手机方位", "请您调整一下手机方向")
    (match,) = matcher.find(spoken("请您调整一下手机方位"))
    assert match.wording.text == "请您调整一下手机方位"
    rival = next(m for m in matcher.best(spoken("请您调整一下手机方位"), 2) if m != match)
    assert match.margin == pytest.approx(1 - rival.score, abs=0.001)
    assert rival.margin == pytest.approx(rival.score - 1, abs=0.001)


def test_another_wording_of_the_same_meaning_is_no_rival() -> None:
    matcher = Matcher(
        [("same", Wording(("请您调整一下手机方位",))), ("same", Wording(("请您调整一下手机方向",)))]
    )
    (match,) = matcher.find(spoken("请您调整一下手机方位"))
    assert match.margin == 1


def test_the_best_are_told_even_when_none_passes() -> None:
    best = phrases().matcher.best(spoken("今天早上下了一场大雨您好"), 3)
    assert 1 <= len(best) <= 3
    weights = [m.weight for m in best]
    assert weights == sorted(weights, reverse=True)


def test_a_wording_is_shown_as_it_was_written() -> None:
    matcher = of("您好！中国移动，很高兴为您服务！")
    assert found(matcher, "您好中国移动很高兴为您服务") == ["您好！中国移动，很高兴为您服务！"]


def test_an_index_over_nothing_finds_nothing() -> None:
    assert Matcher([]).find(spoken("您好")) == []
    only_a_slot = Matcher([("x", Wording((Slot("s", "槽", "text", 0, 3, None),)))])
    assert len(only_a_slot) == 0


def test_calls_share_one_index() -> None:
    entries = (("a", Wording(("请问还有什么可以帮您",))),)
    assert matcher_of(entries) is matcher_of(entries)
    assert matcher_of(entries) is not matcher_of(entries, exact_short=True)


def test_literal_characters_are_counted_without_slots() -> None:
    wording = Wording((Slot("agent_id", "工号", "digits", 2, 6, None), "号感谢您的支持，再见"))
    assert literals(wording) == "号感谢您的支持再见"
    (match,) = Matcher([("x", wording)]).find(spoken("1086号感谢您的支持，再见"))
    assert match.literals == 9
    assert match.score == 1
