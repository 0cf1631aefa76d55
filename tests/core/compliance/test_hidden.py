"""How likely something that was not heard was said after all."""

from __future__ import annotations

import pytest

from agent_assist.core.compliance.facts import SettledTurn
from agent_assist.core.compliance.listening import Listener
from agent_assist.core.events import Utterance
from agent_assist.core.matching import Matcher
from agent_assist.core.rules import Selector
from agent_assist.core.script import Script
from agent_assist.core.spotting import PhraseSpotter, Turn
from agent_assist.core.wording import Wording

SCRIPT = Script("t", "t", "1", "0", {}, {}, (), (), (), ())
LINE = Matcher([(0, Wording(("感谢您的来电，再见！",)))])


def lost(text: str, selector: Selector, noise: float) -> float:
    turn = Turn.from_utterance(Utterance(0, 0, "agent", 0, 4000, text))
    settled = SettledTurn(turn, tuple(PhraseSpotter(LINE).feed(turn)), noise)
    return Listener(selector, SCRIPT, "").lost([settled])


def words(*each: str) -> Selector:
    return Selector(words=each)


def test_long_wordings_are_not_lost_in_noise() -> None:
    assert lost("那就这样吧", words("感谢您的耐心等待"), 0.3) < 0.001
    assert lost("那就这样吧", words("感谢"), 0.3) > 0.01


def test_less_is_lost_where_less_is_heard_wrong() -> None:
    assert lost("那就这样吧", words("感谢"), 0.1) < lost("那就这样吧", words("感谢"), 0.3)
    assert lost("那就这样吧", words("感谢"), 0.0) == 0.0


def test_two_things_are_hardly_lost_at_once() -> None:
    both = Selector(elements=(("感谢",), ("再见",)))
    assert lost("那就这样吧", both, 0.3) == pytest.approx(
        lost("那就这样吧", words("感谢"), 0.3) ** 2
    )


def test_what_stands_in_a_line_that_was_heard_may_be_lost() -> None:
    assert lost("看谢您的来电区间", words("再见"), 0.3) == 1.0
    assert lost("感谢您的来电", words("再见"), 0.3) < 0.1


def test_a_turn_that_was_hardly_heard_may_hide_anything() -> None:
    assert lost("那就这样吧", words("感谢您的耐心等待"), 0.5) == 1.0
