"""The alignment of a wording with what was heard: its score, its place, its characters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_assist.core.alignment import EXTRA, MISSED, SLOT_SHORT, Alignment, Pattern, align
from agent_assist.core.phonetics import HOMOPHONE, sound_cost
from agent_assist.core.text import DIGIT_CHARACTERS, SpokenText, spoken
from agent_assist.core.wording import Slot, Wording
from tests.packs import repeatable

COMMON = "您好请问有什么可以帮助吗感谢对我们工作的支持再见很抱歉听不清讲话手机稍等片刻号码姓名八零"
char = st.sampled_from(COMMON)
chars = st.text(char, max_size=14)
literal = st.text(char, min_size=1, max_size=8)
digit = st.sampled_from(sorted(DIGIT_CHARACTERS))


def no_digit(c: str) -> bool:
    return c not in DIGIT_CHARACTERS


@st.composite
def slots(draw: st.DrawFn, kind: str = "text") -> Slot:
    least = draw(st.integers(0, 3))
    return Slot("s", "槽", kind, least, draw(st.integers(max(least, 1), 6)), None)


@st.composite
def wordings(draw: st.DrawFn) -> Wording:
    """Literal text, sometimes with one slot in or after it, never two slots side by side."""
    pieces: list[str | Slot] = [draw(literal)]
    if draw(st.booleans()):
        pieces.append(draw(slots(draw(st.sampled_from(["text", "digits"])))))
        if draw(st.booleans()):
            pieces.append(draw(literal))
    return Wording(tuple(pieces))


def sounds(text: str) -> SpokenText:
    """Each character with the syllable it has alone, so that context does not change it."""
    syllables = tuple(spoken(c).syllables[0] for c in text)
    return SpokenText(text, text, syllables, tuple(range(len(text))))


def aligned(wording: Wording | str, heard: str | SpokenText) -> Alignment:
    wording = Wording((wording,)) if isinstance(wording, str) else wording
    heard = sounds(heard) if isinstance(heard, str) else heard
    return align(Pattern.from_wording(wording), heard)


def operations(found: Alignment) -> list[str]:
    return [c.operation for c in found.chars]


@repeatable
@given(literal)
def test_a_wording_said_as_written_scores_one(text: str) -> None:
    found = aligned(text, text)
    assert found.score == 1
    assert (found.start, found.end) == (0, len(text))
    assert operations(found) == ["said"] * len(text)


@repeatable
@given(literal, chars, chars)
def test_talk_around_it_costs_nothing(text: str, before: str, after: str) -> None:
    found = aligned(text, before + text + after)
    assert found.score == 1
    assert "".join(c.expected for c in found.chars) == text


@repeatable
@given(literal, st.data())
def test_what_is_left_out_lowers_the_score_by_its_share(text: str, data: st.DataObject) -> None:
    left = list(text)
    before = 1.0
    while len(left) > 1:
        left.pop(data.draw(st.integers(0, len(left) - 1)))
        score = aligned(text, "".join(left)).score
        assert score <= before
        assert score == pytest.approx(len(left) / len(text), abs=0.001)
        before = score


@repeatable
@given(wordings(), chars.filter(bool))
def test_the_characters_tell_the_whole_story(wording: Wording, heard: str) -> None:
    found = aligned(wording, heard)
    wanted = "".join(p for p in wording.pieces if isinstance(p, str))
    assert "".join(c.expected for c in found.chars) == wanted
    assert "".join(c.heard for c in found.chars) == heard[found.start : found.end]
    assert 0 <= found.score <= 1
    assert 0 <= found.start <= found.end <= len(heard)
    for c in found.chars:
        assert (c.heard == "") == (c.operation == "missed")
        assert (c.expected == "") == (c.operation in {"extra", "slot"})
        assert (c.expected == c.heard) == (c.operation == "said")


@repeatable
@given(literal, chars.filter(bool))
def test_the_characters_add_up_to_the_score(text: str, heard: str) -> None:
    found = aligned(text, heard)
    cost = 0.0
    for c in found.chars:
        if c.operation == "missed":
            cost += MISSED
        elif c.operation == "extra":
            cost += EXTRA
        elif c.expected != c.heard:
            (a,), (b,) = spoken(c.expected).syllables, spoken(c.heard).syllables
            cost += max(HOMOPHONE, sound_cost(a, b))
    assert found.score == pytest.approx(max(0, 1 - cost / len(text)), abs=0.005)


@repeatable
@given(literal, slots(), literal, st.data())
def test_a_slot_takes_anything_within_its_bounds(
    before: str, slot: Slot, after: str, data: st.DataObject
) -> None:
    size = data.draw(st.integers(slot.min_syllables, slot.max_syllables))
    value = data.draw(st.text(char, min_size=size, max_size=size))
    assert aligned(Wording((before, slot, after)), before + value + after).score == 1


@pytest.mark.parametrize(("size", "short"), [(0, 2), (1, 1), (2, 0), (4, 0)])
def test_a_slot_that_is_too_short_costs_each_syllable(size: int, short: int) -> None:
    slot = Slot("s", "槽", "text", 2, 4, None)
    found = aligned(Wording(("请问", slot, "再见")), "请问" + "好" * size + "再见")
    assert found.score == pytest.approx(1 - short * SLOT_SHORT / 4)
    assert operations(found).count("slot") == size


def test_what_does_not_fit_into_a_slot_is_extra() -> None:
    slot = Slot("s", "槽", "text", 2, 4, None)
    found = aligned(Wording(("请问", slot, "再见")), "请问" + "好" * 6 + "再见")
    assert found.score == pytest.approx(1 - 2 * EXTRA / 4)
    assert operations(found).count("slot") == 4


@repeatable
@given(literal, slots("digits"), literal, st.data())
def test_digits_fit_a_slot_for_digits(
    before: str, slot: Slot, after: str, data: st.DataObject
) -> None:
    size = data.draw(st.integers(slot.min_syllables, slot.max_syllables))
    value = data.draw(st.text(digit, min_size=size, max_size=size))
    assert aligned(Wording((before, slot, after)), before + value + after).score == 1


@repeatable
@given(literal, literal, st.text(char.filter(no_digit), min_size=2, max_size=4))
def test_nothing_else_fits_a_slot_for_digits(before: str, after: str, value: str) -> None:
    before, after = "".join(filter(no_digit, before + "您")), "".join(filter(no_digit, after))
    slot = Slot("s", "号", "digits", 2, 4, None)
    said = aligned(Wording((before, slot, after)), before + value + after)
    digits = aligned(Wording((before, slot, after)), before + "八" * len(value) + after)
    assert said.score < digits.score == 1


@pytest.mark.parametrize(
    ("heard", "operation", "cost"),
    [
        ("请问", "said", 0.0),
        ("请文", "homophone", HOMOPHONE),
        ("情问", "homophone", HOMOPHONE),
        ("亲问", "near", 0.15),
        ("请马", "wrong", 1.0),
    ],
)
def test_how_a_character_was_said(heard: str, operation: str, cost: float) -> None:
    found = aligned("请问您", heard + "您")
    changed = [o for o in operations(found) if o != "said"]
    assert changed == ([] if operation == "said" else [operation])
    assert found.score == pytest.approx(1 - cost / 3, abs=0.001)


def test_a_missed_and_an_extra_character() -> None:
    missed = aligned("请您稍等片刻", "请您等片刻")
    assert [c.expected for c in missed.chars if c.operation == "missed"] == ["稍"]
    extra = aligned("请您稍等片刻", "请您再稍等片刻")
    assert [c.heard for c in extra.chars if c.operation == "extra"] == ["再"]
    assert extra.score > missed.score
