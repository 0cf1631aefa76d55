"""What counts as a telephone number, and as having read it back."""

from __future__ import annotations

import pytest

from agent_assist.core.compliance.facts import CallFacts, SettledTurn
from agent_assist.core.compliance.readback import ReadBackState
from agent_assist.core.context import CallContext
from agent_assist.core.events import Channel, Utterance
from agent_assist.core.rules import Respond, Rule, Selector
from agent_assist.core.script import Script
from agent_assist.core.spotting import Turn

SCRIPT = Script("t", "t", "1", "0", {}, {}, (), (), (), ())
CHECK = Respond(
    "respond", Selector("customer", phone=True), Selector("agent"), "m", within_turns=3, repeat=True
)
RULE = Rule("word-repeat-number", "t", "wording", "major", "d", "s", (CHECK,))


def verdicts(*lines: str) -> list[str]:
    """Verdicts over lines such as ``C 一三八…`` or ``A 好的``."""
    call = CallFacts(SCRIPT, CallContext())
    state = ReadBackState(RULE, CHECK)
    found = []
    for i, line in enumerate(lines):
        channel: Channel = "agent" if line.startswith("A") else "customer"
        said = Utterance(0, i, channel, i * 2000, i * 2000 + 1500, line[2:])
        settled = SettledTurn(Turn.from_utterance(said), ())
        call.turns.append(settled)
        found += state.on_turn(settled, call)
    call.ended_at_ms = len(lines) * 2000
    return [f.verdict for f in found + state.on_end(call)]


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        (["C 13812345678", "A 13812345678，对吗"], ["met"]),
        (["C 一三八嗯一二三四五六七八", "A 一三八一二三四五六七八"], ["met"]),
        (["C 13812345678", "A 好", "C 嗯", "A 尾号五六七八", "C 嗯", "A 好"], ["breach"]),
        (["C 13812345678", "A 13812345670，对吗"], ["undetermined"]),
        (["C 13812345678", "A 13812345670，对吗", "C 对"], ["met"]),
        (["C 10086"], []),
        (["C 我身份证是一三零一零一一九八"], []),
        (["A 请输入密码", "C 一三八一二三四"], []),
        (["C 13812345678"], ["undetermined"]),
    ],
)
def test_numbers_read_back(lines: list[str], wanted: list[str]) -> None:
    assert verdicts(*lines) == wanted
