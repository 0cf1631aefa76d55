"""What the rules of a script listen for, found in a text in one go."""

from __future__ import annotations

from agent_assist.core.compliance.earshot import Earshot, earshot
from agent_assist.core.text import spoken
from agent_assist.core.wording import Slot, Wording
from tests.conversations import GREETING, conversation, judge

SAID = spoken("好的，请您稍等，我马上为您查询")


def test_what_is_said_is_heard_with_its_place() -> None:
    ears = Earshot()
    here, elsewhere = ears.number(Wording(("请您稍等",))), ears.number(Wording(("祝您愉快",)))
    assert here is not None and elsewhere is not None
    hits = ears.heard(SAID, 0.0).hits
    assert list(hits) == [here]
    assert ears.match(SAID, hits[here]).alignment.start == SAID.chars.index("请")


def test_a_wording_added_later_is_heard_in_what_was_searched_before() -> None:
    ears = Earshot()
    first = ears.number(Wording(("请您稍等",)))
    assert ears.heard(SAID, 0.0).hits.keys() == {first}
    second = ears.number(Wording(("马上为您查询",)))
    assert ears.heard(SAID, 0.0).hits.keys() == {first, second}


def test_each_text_is_searched_as_it_was_heard() -> None:
    """Noise lowers what is asked for, in the same text."""
    ears = Earshot()
    ears.number(Wording(("请您稍等",)))
    spoilt = spoken("请您烧饼")
    assert not ears.heard(spoilt, 0.0).hits
    assert ears.heard(spoilt, 0.2).hits
    assert not ears.heard(spoilt, 0.0).hits


def test_what_is_like_it_is_told_whether_said_or_not() -> None:
    ears = Earshot()
    number = ears.number(Wording(("请您稍等片刻",)))
    assert number is not None
    (hit,) = ears.closest(SAID, frozenset((number,)))
    assert (SAID.chars[hit.start : hit.end], hit.score) == ("请您稍等", round(1 - 2 / 6, 3))
    assert not ears.closest(spoken("吃饭"), frozenset((number,)))


def test_a_wording_without_a_character_has_no_number() -> None:
    assert Earshot().number(Wording((Slot("s", "姓", "text", 1, 3, None),))) is None


def test_a_script_whose_index_was_forgotten_is_laid_out_anew() -> None:
    """So is the one that was not used while many others were, in a server or a comparison."""
    call = conversation(GREETING, ("customer", 4.5, 6.0, "你好，查话费"))
    before = judge(*call)
    earshot.cache_clear()
    assert judge(*call) == before
