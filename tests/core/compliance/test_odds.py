"""Whether a wording was said, weighed against all else that may have been."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent_assist.catalogue.compiler import load_script
from agent_assist.core.compliance.certainty import FORBIDDEN_ODDS
from agent_assist.core.compliance.facts import SettledTurn
from agent_assist.core.compliance.odds import START, Scales, Talk, scales
from agent_assist.core.compliance.taboo_lexicon import lexicon
from agent_assist.core.events import Utterance
from agent_assist.core.matching import Matcher
from agent_assist.core.spotting import PhraseSpotter, Turn
from agent_assist.core.text import spoken
from agent_assist.core.wording import Wording
from agent_assist.settings import DEFAULT_SCRIPT

SCRIPT = load_script(DEFAULT_SCRIPT)
ASKED = "请问机主姓名？"


def settled(said: str, noise: float = 0.2, line: str = "") -> SettledTurn:
    """A turn of the agent; ``line`` is one of the script that is listened for in it."""
    turn = Turn.from_utterance(Utterance(5000, 0, "agent", 0, 5000, said, (), 1.0))
    spotter = PhraseSpotter(Matcher([(0, Wording((line,)))])) if line else None
    return SettledTurn(turn, tuple(spotter.feed(turn)) if spotter else (), noise)


def odds(wording: str, turn: SettledTurn, weighing: Scales | None = None) -> float:
    (match,) = Matcher([(0, Wording((wording,)))]).best(turn.turn.text, top=1)
    return (weighing or scales(SCRIPT)).odds(match, turn)


def test_what_nobody_would_say_otherwise_is_likelier_than_what_is_often_said() -> None:
    rude, usual = settled("谁卖给您得您找水去"), settled("请问还油什么可以帮您")
    assert odds("谁卖给您的您找谁", rude) > FORBIDDEN_ODDS > odds("问我有什么用", usual)


def test_a_line_that_was_heard_is_the_likeliest_other() -> None:
    said = "请问机主形名"
    assert odds("机主啥名", settled(said, line=ASKED)) < odds("机主啥名", settled(said)) - 5
    assert odds("机主啥名", settled(said, line=ASKED)) < 0


def test_what_agents_say_besides_is_a_likelier_other() -> None:
    said = settled("请问登记的手机号马是多少")
    with_talk, without = (
        Scales(replace(SCRIPT, talk=talk)) for talk in (("请问登记的手机号码是多少？",), ())
    )
    assert odds("登记的谁", said, with_talk) < odds("登记的谁", said, without) - 1


def test_every_error_makes_a_wording_less_likely() -> None:
    each = [
        odds("谁卖给您的您找谁去", settled(said))
        for said in ("谁卖给您的您找谁去", "谁卖给您得您找谁去", "谁卖给山得您找谁去")
    ]
    assert each == sorted(each, reverse=True)
    assert len(set(each)) == len(each)


@pytest.mark.parametrize(("noise", "held"), [(0.0, False), (0.2, True)])
def test_only_in_noise_is_a_forbidden_wording_held_on_odds(noise: float, held: bool) -> None:
    turn = settled("再不话点就挂别了", noise)
    found = [entry.term for entry, _ in lexicon(SCRIPT).said(turn)]
    assert ("再不说话我就挂了" in found) is held
    assert odds("再不说话我就挂了", turn) >= FORBIDDEN_ODDS


def test_chances_of_what_comes_next_add_up() -> None:
    talk = Talk(SCRIPT)
    text = spoken("您好")
    assert talk.chance(1, "您", "好") > 10 * talk.chance(1, "您", "坏")
    assert 0 < talk.chance(1, START, "您") < 1
    clear, spoilt = talk.otherwise(text, 0.1, {}), talk.otherwise(spoken("您坏"), 0.1, {})
    assert clear[0] == spoilt[0]
    assert clear[1] > spoilt[1]
