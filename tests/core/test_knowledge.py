"""Knowledge cards: offered when the customer mentions their matter, once, and to nobody else."""

from __future__ import annotations

import pytest

from agent_assist.core.events import Channel, Utterance
from agent_assist.core.knowledge import Card, Librarian
from agent_assist.core.spotting import Turn
from agent_assist.core.wording import Wording
from tests.packs import script

RING = Card("ring", "彩铃收费", "dispute", (Wording(("彩铃",)),), ("每月6元",), "S003")
GOTONE = Card("gotone", "全球通", "brand", (Wording(("全球通",)),), ("我能",), "S003")


def offered(librarian: Librarian, text: str, by: Channel = "customer") -> list[str]:
    turn = Turn.from_utterance(Utterance(900, 3, by, 0, 800, text))
    return [offer.card_id for offer in librarian.on_turn(900, turn)]


def test_a_mention_brings_the_card_with_its_facts() -> None:
    turn = Turn.from_utterance(Utterance(900, 3, "customer", 0, 800, "我没订彩铃啊"))
    (offer,) = Librarian((RING, GOTONE)).on_turn(900, turn)
    assert (offer.card_id, offer.title, offer.lines) == ("ring", "彩铃收费", ("每月6元",))
    assert (offer.at_ms, offer.source, offer.turn) == (900, "S003", 3)


def test_each_card_is_offered_once_a_call() -> None:
    librarian = Librarian((RING, GOTONE))
    assert offered(librarian, "彩铃扣了六块") == ["ring"]
    assert offered(librarian, "又是彩铃") == []
    assert offered(Librarian((RING,)), "又是彩铃") == ["ring"]


def test_two_matters_in_one_utterance_are_both_offered_the_clearer_one_last() -> None:
    assert offered(Librarian((RING, GOTONE)), "我是全球通，有彩铃") == ["ring", "gotone"]


@pytest.mark.parametrize("text", ["", "我要查话费", "铃声太响", "全球都可以用吗"])
def test_other_talk_brings_nothing(text: str) -> None:
    assert offered(Librarian((RING, GOTONE)), text) == []


def test_the_agents_own_words_bring_nothing() -> None:
    assert offered(Librarian((RING,)), "您订的是彩铃", "agent") == []


def test_a_script_without_cards_offers_none() -> None:
    assert offered(Librarian(()), "彩铃") == []


@pytest.mark.parametrize("card", script().cards, ids=lambda c: c.id)
def test_every_trigger_of_the_bundled_cards_brings_its_card(card: Card) -> None:
    for trigger in card.triggers:
        assert card.id in offered(Librarian(script().cards), f"我问一下，{trigger.text}，行吗"), (
            trigger.text
        )
