"""Many wordings at once give the scores that each gives alone."""

from __future__ import annotations

import random

import numpy as np
import pytest

from agent_assist.core import grid
from agent_assist.core.alignment import Pattern, align
from agent_assist.core.grid import Asked
from agent_assist.core.scanning import Hit, Scanner
from agent_assist.core.text import SpokenText, spoken
from agent_assist.core.wording import Slot, Wording

WORDINGS = (
    Wording(("您好，中国移动，很高兴为您服务",)),
    Wording(("请问还有什么可以帮您",)),
    Wording(("再见",)),
    Wording((Slot("s", "姓", "text", 1, 3, None), "先生，请您稍候")),
    Wording(("您的号码是", Slot("p", "号码", "digits", 7, 11, None), "对吗")),
    Wording(("感谢您的耐心等待",)),
)
SYLLABLES = (
    "您好中国移动很高兴为您服务请问还有什么可以帮你再见先生稍候号码"
    "是一三八零对吗感谢的耐心等待他吃饭"
)


def patterns() -> list[Pattern]:
    return [Pattern.from_wording(wording) for wording in WORDINGS]


@pytest.mark.parametrize("length", [*range(1, 40, 3), 90, 200])
def test_scores_are_those_of_the_alignment(length: int) -> None:
    """In short talk and in talk far longer than any wording, which is gone through otherwise."""
    chance = random.Random(length)
    heard = spoken("".join(chance.choice(SYLLABLES) for _ in range(length)))
    each = [align(pattern, heard) for pattern in patterns()]
    hits = Scanner(patterns()).score(heard, np.arange(len(WORDINGS)))
    assert [h.score for h in hits] == pytest.approx([a.score for a in each], abs=0.0011)
    assert [h.number for h in hits] == list(range(len(WORDINGS)))


@pytest.mark.parametrize("length", [1, 2, 9, 15, 40])
def test_no_score_exceeds_its_bounds(length: int) -> None:
    chance, everything = random.Random(length), np.arange(len(WORDINGS))
    scanner = Scanner(patterns())
    for _ in range(60):
        heard = spoken("".join(chance.choice(SYLLABLES) for _ in range(length)))
        coarse = scanner.most(scanner.reach(heard), everything)
        for hit, most in zip(scanner.score(heard, everything), coarse, strict=True):
            bound = float(scanner.bounds(heard, everything)[hit.number])
            assert hit.score <= max(0.0, bound)
            assert bound <= most + 0.001


def test_a_bound_knows_which_syllables_follow_each_other() -> None:
    scanner = Scanner([Pattern.from_wording(Wording(("请问还有什么",)))])
    together, mixed = spoken("那请问还有什么呢"), spoken("么问什请有还")
    assert scanner.bounds(together, np.array([0]))[0] >= 1.0
    assert scanner.most(scanner.reach(mixed), np.array([0]))[0] >= 1.0
    assert scanner.bounds(mixed, np.array([0]))[0] < 0.8


def test_talk_in_two_parts_reaches_what_it_does_in_one() -> None:
    scanner = Scanner(patterns())
    parts = spoken("请问还有"), spoken("什么可以帮您")
    either = scanner.either(*map(scanner.reach, parts))
    assert (either.sums == scanner.reach(parts[0] + parts[1]).sums).all()


def test_place_is_that_of_the_wording() -> None:
    heard = spoken("好的李先生请您稍候我查一下")
    (hit,) = Scanner(patterns()).score(heard, np.array([3]))
    assert (hit.score, heard.chars[hit.start : hit.end]) == (1.0, "李先生请您稍候")


@pytest.mark.parametrize("around", ["", "吃饭" * 40])
def test_place_in_long_talk_is_that_in_short(around: str) -> None:
    heard = spoken(around + "那您的号码是一三八零零一三八零对吗" + around)
    (hit,) = Scanner(patterns()).score(heard, np.array([4]))
    assert (hit.score, heard.chars[hit.start : hit.end]) == (
        1.0,
        "您的号码是一三八零零一三八零对吗",
    )


def best_of(heard: SpokenText) -> Hit:
    (hit,) = Scanner(patterns()).score(heard, np.array([2]))
    return hit


def test_many_talks_at_once_give_what_each_gives_alone() -> None:
    chance, scanner = random.Random(7), Scanner(patterns())
    lengths = (3, 40, 0, 12, 7, 200, 1, 30)
    talks = [spoken("".join(chance.choices(SYLLABLES, k=length))) for length in lengths]
    some = [chance.sample(range(len(WORDINGS)), k=n) for n in (2, 6, 3, 0, 4, 1, 5, 6)]
    asked = [Asked(t, np.array(c, np.intp)) for t, c in zip(talks, some, strict=True)]
    alone = [scanner.score(*each) for each in asked]
    assert scanner.score_each(asked) == alone
    least = np.full(len(WORDINGS), 0.3, np.float32)
    enough = [[hit for hit in hits if hit.score >= 0.3] for hits in alone]
    assert scanner.score_each(asked, least) == enough
    assert 0 < sum(map(len, enough)) < sum(map(len, alone))


def test_talks_are_gone_through_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    scanner, chosen = Scanner(patterns()), np.arange(len(WORDINGS))
    asked = [Asked(spoken(text), chosen) for text in ("再见", "请问还有什么", "您好中国移动")]
    together = scanner.score_each(asked)
    monkeypatch.setattr(grid, "ABREAST", 1)
    assert scanner.score_each(asked) == together


def test_a_wording_is_found_wherever_it_is_said() -> None:
    heard = spoken("再见啊那就再见")
    hits = Scanner(patterns()).occurrences(heard, best_of(heard), 0.9)
    assert sorted((h.start, h.end) for h in hits) == [(0, 2), (5, 7)]


@pytest.mark.parametrize("second", ["再见", "再贱", "在建"])
def test_a_wording_that_is_there_word_for_word_is_looked_for_elsewhere(second: str) -> None:
    heard = spoken(f"再见啊那就{second}")
    hits = Scanner(patterns()).occurrences(heard, best_of(heard), 0.9)
    assert sorted((h.start, h.end) for h in hits) == [(0, 2), (5, 7)]
    once = spoken("再见啊那就吃饭")
    assert len(Scanner(patterns()).occurrences(once, best_of(once), 0.9)) == 1


def test_share_tells_how_much_of_a_wording_can_have_been_said() -> None:
    scanner, everything = Scanner(patterns()), np.arange(len(WORDINGS))
    reach = scanner.reach(spoken("再贱"))
    assert list(scanner.shared(reach, everything)[[2, 5]]) == [1.0, 0.0]
    assert list(scanner.likeliest(reach, 1, everything)) == [2]


def test_nothing_is_found_in_nothing_and_without_wordings() -> None:
    assert Scanner(patterns()).score(spoken("。"), np.arange(2)) == []
    assert len(Scanner([]).reach(spoken("您好")).sums) == 0
    assert Scanner([]).score(spoken("您好"), np.array([], np.intp)) == []


def test_scores_asked_for_leave_out_what_stays_below_them() -> None:
    scanner = Scanner(patterns())
    least = np.full(len(WORDINGS), 0.9, np.float32)
    assert scanner.scan(spoken("请问还有"), np.arange(len(WORDINGS)), least) == []
    assert scanner.scan(spoken("那就再见"), np.array([2]), least)[0].score == 1.0
