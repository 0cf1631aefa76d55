"""Sentences and spoken numbers."""

import random
import re
from pathlib import Path

import pytest

from agent_assist.modelling.sentences import (
    bundled_sentences,
    fill,
    script_sentences,
    script_texts,
    spoken_digits,
    spoken_figures,
    spoken_number,
    surname_weight,
)


@pytest.mark.parametrize(
    ("value", "spoken"),
    [(0, "零"), (7, "七"), (10, "十"), (15, "十五"), (205, "二百零五"), (320, "三百二十"),
     (1020, "一千零二十"), (10086, "一万零八十六"), (120000, "十二万")],
)  # fmt: skip
def test_numbers_as_spoken(value: int, spoken: str) -> None:
    assert spoken_number(value) == spoken


def test_digits_as_spoken_on_the_telephone() -> None:
    assert spoken_digits("10086") == "幺零零八六"
    assert spoken_figures("拨打10086，35.2元") == "拨打幺零零八六，三十五点二元"


def test_placeholders_of_both_kinds_are_filled() -> None:
    rng = random.Random(1)
    text = fill(
        "{{ surname }}{{ title | default('先生') }}，余额{amount}，{{ unheard_of }}再见", rng
    )
    assert re.fullmatch("[\u4e00-\u9fff，]+", text)
    assert ("先生" in text) or ("女士" in text)


def test_bundled_sentences_are_chinese_and_letters() -> None:
    sentences = bundled_sentences()
    assert len(sentences) > 1500
    assert all(weight > 0 for _, weight in sentences)
    assert all(re.fullmatch("[A-Z \u4e00-\u9fff，。？！、]+", text) for text, _ in sentences)
    assert bundled_sentences(seed=3) == bundled_sentences(seed=3)


def test_wordings_are_found_in_scripts(tmp_path: Path) -> None:
    script = tmp_path / "greeting.yaml"
    script.write_text(
        "situations:\n- id: a\n  title: 首问\n  steps:\n"
        "  - say: 您好，{{ agent_id }}号为您服务\n    accept: [您好]\n"
        "taboo:\n- {phrase: 不归我管, source: 自编}\n",
        encoding="utf-8",
    )
    texts = dict(script_texts(tmp_path))
    assert set(texts) == {"您好，{{ agent_id }}号为您服务", "您好", "不归我管"}
    assert texts["不归我管"] < texts["您好"]
    found = script_sentences(texts.items())
    assert sum(weight for text, weight in found if text == "您好") == pytest.approx(1.5)
    assert 0 < sum(w for t, w in found if t == "你好") < 0.2


def test_a_forbidden_word_is_heard_as_the_usual_one_that_it_sounds_like(tmp_path: Path) -> None:
    (tmp_path / "homophones.yaml").write_text("homophones: {禽兽: 亲手}\n", encoding="utf-8")
    rule = "what: {words: [禽兽, 您这个禽兽, 白痴]}\n"
    (tmp_path / "rule.yaml").write_text(rule, encoding="utf-8")
    assert [text for text, _ in script_texts(tmp_path)] == ["亲手", "您这个亲手", "白痴"]


def test_frequent_surnames_come_first() -> None:
    assert surname_weight("王") == 1.0
    assert surname_weight("李") > surname_weight("何") > surname_weight("雷")
