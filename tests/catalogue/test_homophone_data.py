"""`homophones.yaml`: forbidden words that sound like usual ones."""

from __future__ import annotations

import pytest
from pydantic import ValidationError
from pypinyin import lazy_pinyin

from agent_assist.catalogue.compiler import load_script
from agent_assist.catalogue.homophone_data import HomophonesFile
from agent_assist.settings import DEFAULT_MODEL, DEFAULT_SCRIPT


@pytest.mark.parametrize("words", [{}, {"猪": "朱"}, {"王八": ""}, {"APN": "阿"}])
def test_what_are_no_two_words_is_refused(words: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        HomophonesFile(homophones=words)


def test_every_pair_of_the_bundled_scripts_sounds_alike() -> None:
    pairs = load_script(DEFAULT_SCRIPT).homophones
    assert len(pairs) > 40
    assert [w for w, usual in pairs.items() if lazy_pinyin(w) != lazy_pinyin(usual)] == []


@pytest.mark.parametrize("word", ["王八", "禽兽", "瞎扯", "稽核", "扇区", "驻留"])
def test_the_bundled_model_writes_the_usual_word(word: str) -> None:
    lines = (DEFAULT_MODEL / "graph" / "words.txt").read_text(encoding="utf-8").splitlines()
    known = {line.split(" ")[0] for line in lines}
    assert word not in known
    assert load_script(DEFAULT_SCRIPT).homophones[word] in known
