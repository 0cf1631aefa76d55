"""How far a forbidden wording leads: over other readings of the place, not over itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent_assist.catalogue.compiler import load_script
from agent_assist.core.compliance.facts import SettledTurn
from agent_assist.core.compliance.taboo_lexicon import Lexicon
from agent_assist.core.events import Utterance
from agent_assist.core.script import Taboo
from agent_assist.core.spotting import Turn
from agent_assist.core.wording import Wording
from agent_assist.settings import DEFAULT_SCRIPT

SCRIPT = load_script(DEFAULT_SCRIPT)


def margin(said: str, *listed: tuple[str, str]) -> float:
    """The first forbidden wording's lead; ``listed`` are names with a way to say each."""
    entries = tuple(
        Taboo(name, Wording((term,)), term, "shirking", "major", False, None, ())
        for name, term in listed
    )
    turn = Turn.from_utterance(Utterance(2000, 0, "agent", 0, 2000, said, (), 1.0))
    (found, *_) = Lexicon(replace(SCRIPT, taboo=entries)).said(SettledTurn(turn, ()))
    return found[1].margin


@pytest.mark.parametrize(
    "rival",
    [("不知道", "不知道"), ("我不知道", "我哪知道"), ("别问我", "我不知道别问我")],
    ids=["part", "same", "whole"],
)
def test_the_same_thing_in_fewer_more_or_other_words_is_no_rival(rival: tuple[str, str]) -> None:
    assert margin("我不知道", ("我不知道", "我不知道")) == 1.0
    assert margin("我不知道", ("我不知道", "我不知道"), rival) == 1.0


def test_the_lead_is_that_over_the_best_other_reading() -> None:
    listed = ("不是我的事", "不是我的事"), ("不是我的错", "不是我的错")
    assert margin("不是我的事", *listed) == pytest.approx(0.2, abs=0.01)
    assert margin("不是我的事", *listed, ("不是我的寺", "不是我的寺")) < 0.05
    assert margin("不是我的事你去问别人", *listed[:1], ("问别人", "问别人")) == 1.0


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("不行，解除不了的。", True),
        ("没有办法，给不了。", True),
        ("不行，您放心，错不了。", False),
        ("不行" + "不能都" * 40 + "好啊好", False),
    ],
    ids=["two", "two others", "nothing goes wrong", "endless"],
)
def test_refusals_one_after_another_are_a_refusal(said: str, found: bool) -> None:
    refused = tuple(
        Taboo(word, Wording((word,)), word, "refusal", "major", True, None, ())
        for word in ("不行", "没有办法")
    )
    turn = Turn.from_utterance(Utterance(2000, 0, "agent", 0, 2000, said, (), 1.0))
    lexicon = Lexicon(replace(SCRIPT, taboo=refused))
    assert bool(lexicon.said(SettledTurn(turn, ()))) is found


@pytest.mark.parametrize(
    ("said", "noise", "held"),
    [("您就等着吧", 0.0, True), ("让您久等这份", 0.0, False), ("让您久等这份", 0.2, True)],
    ids=["itself", "other words", "misheard"],
)
def test_two_characters_of_the_same_sound_are_other_words_where_all_was_heard(
    said: str, noise: float, held: bool
) -> None:
    entry = Taboo(
        "您就等着", Wording(("您就等着",)), "您就等着", "shirking", "major", False, None, ()
    )
    lexicon = Lexicon(replace(SCRIPT, taboo=(entry,)))
    turn = Turn.from_utterance(Utterance(2000, 0, "agent", 0, 2000, said, (), 1.0))
    settled = SettledTurn(turn, (), noise)
    ((_, match),) = lexicon.said(settled)
    assert lexicon.is_held(match, settled) is held
