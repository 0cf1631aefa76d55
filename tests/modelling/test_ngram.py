"""Language model."""

import math

import pytest

from agent_assist.modelling.ngram import END, Mixture, NgramModel

SENTENCES = [(["您好", "请", "讲"], 1.0), (["您好", "请", "问"], 2.0), (["再见"], 1.0)]


def model(order: int = 3) -> NgramModel:
    mixture = Mixture(domain=0.7, general=0.2, syllables=0.1, order=order)
    return NgramModel(SENTENCES, {"天气": 1.0}, {"啊": 1.0}, mixture)


@pytest.mark.parametrize("history", [(), ("您好",), ("您好", "请"), ("<s>", "您好"), ("没有",)])
def test_probabilities_add_up_to_one(history: tuple[str, ...]) -> None:
    lm = model()
    assert math.fsum(lm.probability(w, history) for w in [*lm.words, END]) == pytest.approx(1.0)


def test_words_outside_the_sentences_stay_possible() -> None:
    lm = model()
    assert 0 < lm.probability("天气", ("您好", "请")) < lm.probability("问", ("您好", "请"))
    assert lm.probability("火星", ()) == 0


def test_heavier_sentences_are_more_probable() -> None:
    assert model().probability("问", ("请",)) > model().probability("讲", ("请",))


@pytest.mark.parametrize("order", [1, 2, 3])
def test_acceptor_has_an_arc_for_every_word(order: int) -> None:
    lm = model(order)
    ids = {word: number for number, word in enumerate(lm.words, 1)}
    arcs = [line.split() for line in lm.acceptor(ids, 99).splitlines()]
    assert {int(a[2]) for a in arcs if len(a) == 5 and a[2] != "99"} == set(ids.values())
    assert all(a[3] == "0" for a in arcs if len(a) == 5 and a[2] == "99")
    assert all(float(a[-1]) >= 0 for a in arcs)


def test_an_utterance_may_end_anywhere() -> None:
    lm = model()
    ids = {word: number for number, word in enumerate(lm.words, 1)}
    lines = [line.split() for line in lm.acceptor(ids, 99).splitlines()]
    states = {fields[0] for fields in lines}
    ends = {fields[0]: float(fields[1]) for fields in lines if len(fields) == 2}
    assert set(ends) == states
    assert max(ends.values()) <= -math.log(lm.mixture.stop) * lm.mixture.scale + 1e-3


def test_a_rare_variant_does_not_take_the_room_of_other_words() -> None:
    """Words after 请 that were never seen there, with and without a variant of little weight."""
    alone = NgramModel([(["请", "您"], 1.0)], {"天气": 1.0}, {}, Mixture())
    varied = NgramModel([(["请", "您"], 1.0), (["请", "你"], 0.006)], {"天气": 1.0}, {}, Mixture())
    before, after = (lm.probability("天气", ("请",)) for lm in (alone, varied))
    assert after == pytest.approx(before, rel=0.05)


def test_what_follows_a_letter_may_follow_every_letter() -> None:
    lm = NgramModel([(["T", "恤"], 1.0), (["A", "座"], 1.0)], {"B": 1.0}, {}, Mixture())
    ids = {word: number for number, word in enumerate(lm.words, 1)}
    arcs = [line.split() for line in lm.acceptor(ids, 99).splitlines()]
    after = {a[1] for a in arcs if len(a) == 5 and a[2] in {str(ids[x]) for x in "TA"}}
    assert {a[2] for a in arcs if len(a) == 5 and a[0] in after} >= {str(ids[x]) for x in "恤座"}
    assert lm.probability("恤", ("<letter>",)) > lm.probability("恤", ())


def test_shares_must_add_up() -> None:
    with pytest.raises(ValueError, match="add up"):
        Mixture(domain=0.5, general=0.1, syllables=0.1)
