"""Meanings are learnt from examples, and told of sentences that were not among them."""

from __future__ import annotations

import random

from agent_assist.core.text import spoken
from agent_assist.modelling.meanings import LEAST, Examples, learn

RUDE, KIND = (
    ["烦死了", "快点说", "没空理", "别啰嗦", "真麻烦"],
    ["请您稍等", "谢谢您", "马上查", "不客气", "您请讲"],
)


def _sentences(words: list[str], seed: int) -> tuple[str, ...]:
    rng = random.Random(seed)
    return tuple({"".join(rng.sample(words, 3)) for _ in range(60)})


def _examples() -> Examples:
    yes, no = _sentences(RUDE, 1), _sentences(KIND, 2)
    return Examples("rude", "烦躁", "agent", "forbidden", yes, no)


def _probability(examples: list[Examples], text: str) -> float:
    meanings, _ = learn(examples, {"agent": (), "customer": ()}, "d")
    found = meanings.of(spoken(text), "agent")
    return found[0].probability if found else 0.0


def test_sentences_of_other_words_in_another_order_are_told() -> None:
    assert _probability([_examples()], "别啰嗦快点说") > LEAST
    assert _probability([_examples()], "谢谢您您请讲") == 0.0


def test_what_is_learnt_is_the_same_each_time() -> None:
    first, _ = learn([_examples()], {"agent": ("您好",), "customer": ()}, "d")
    again, _ = learn([_examples()], {"agent": ("您好",), "customer": ()}, "d")
    assert (first.weights == again.weights).all() and first.known == again.known


def test_a_file_without_a_meaning_only_shows_what_has_none() -> None:
    ordinary = Examples("ordinary", "", "agent", "forbidden", (), _sentences(["快点说", *KIND], 3))
    said = "快点说别啰嗦谢谢您"
    alone = _probability([_examples()], said)
    meanings, [worth] = learn([_examples(), ordinary], {"agent": (), "customer": ()}, "d")
    assert [meaning.name for meaning in meanings.known] == ["rude"]
    assert list(worth.found) == ["rude"]
    found = meanings.of(spoken(said), "agent")
    assert (found[0].probability if found else 0.0) < alone


def test_ordinary_talk_of_the_side_shows_it_too() -> None:
    talk = _sentences(["烦死了", *KIND], 4)
    meanings, _ = learn([_examples()], {"agent": talk, "customer": ()}, "d")
    said = "烦死了快点说谢谢您"
    found = meanings.of(spoken(said), "agent")
    assert not found or found[0].probability < _probability([_examples()], said)


def test_each_group_is_told_apart() -> None:
    other = Examples("kind", "客气", "agent", "manners", _sentences(KIND, 5), _sentences(RUDE, 6))
    meanings, worth = learn([_examples(), other], {"agent": (), "customer": ()}, "d")
    assert [each.group for each in worth] == ["forbidden", "manners"]
    assert {m.meaning.name for m in meanings.of(spoken("谢谢您马上查您请讲"), "agent")} == {"kind"}
