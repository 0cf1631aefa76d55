"""What a person is told to look at among new words."""

from __future__ import annotations

from agent_assist.modelling.word_notes import word_notes


def test_letters_without_a_reading_are_named_where_a_chinese_sentence_has_them() -> None:
    texts = ["您可以用APP和Dreamcast办理", "Please hold the line", "ＷＩＦＩ连不上"]
    assert word_notes(texts, [], {}).letters == ("DREAMCAST",)
    assert word_notes(texts, [], {"DREAMCAST": [("zhui", "ka")]}).letters == ()


def test_words_with_a_reading_of_their_own_are_not_doubtful() -> None:
    notes = word_notes(["多长时间重置", "重新启动"], [], {})
    assert list(notes.doubtful) == ["重新启动"]


def test_words_of_one_sound_are_named_together() -> None:
    assert word_notes(["受到", "收到"], [], {}).homophones == (("受到", "收到"),)
