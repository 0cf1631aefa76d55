"""The speaking process: one text at a time, replaced, cancelled, dying."""

from __future__ import annotations

import io
import json
import os
import signal
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from agent_assist.adapters.speech import Speaker, choose_voice, serve

CHILD = """
import json, sys, time
for line in sys.stdin:
    text = json.loads(line)["say"]
    with open(sys.argv[1], "a", encoding="utf-8") as said:
        said.write(text + "\\n")
    if text == "die":
        sys.exit(1)
    if text == "long":
        time.sleep(600)
    print(json.dumps({"problem": "hoarse" if text == "hoarse" else ""}), flush=True)
"""


@pytest.fixture
def said(tmp_path: Path) -> Path:
    path = tmp_path / "said.txt"
    path.touch()
    return path


@pytest.fixture
def speaker(said: Path) -> Speaker:
    return Speaker((sys.executable, "-c", CHILD, str(said)))


def until_said(said: Path, text: str) -> None:
    """Wait until the child has begun with a text."""
    tick = threading.Event()
    for _ in range(500):
        if text in said.read_text(encoding="utf-8").splitlines():
            return
        tick.wait(0.02)
    raise AssertionError(f"{text} was never said")


def test_texts_are_said_by_one_child(speaker: Speaker, said: Path) -> None:
    speaker.say("您好")
    assert not speaker.wait()
    child = speaker.child_id
    speaker.say("再见")
    assert not speaker.wait()
    assert said.read_text(encoding="utf-8") == "您好\n再见\n"
    assert speaker.child_id == child
    speaker.close()
    assert speaker.child_id is None


def test_a_waiting_text_is_replaced_and_a_spoken_one_cancelled(
    speaker: Speaker, said: Path
) -> None:
    speaker.say("long")
    until_said(said, "long")
    speaker.say("second")
    speaker.say("third")
    speaker.cancel()
    assert not speaker.wait()
    speaker.say("fourth")
    assert not speaker.wait()
    assert said.read_text() == "long\nfourth\n"
    speaker.close()


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_child_that_is_killed_is_replaced(speaker: Speaker, said: Path) -> None:
    speaker.say("first")
    assert not speaker.wait()
    child = speaker.child_id
    assert child
    os.kill(child, signal.SIGKILL)
    speaker.say("second")
    assert not speaker.wait()
    assert said.read_text() == "first\nsecond\n"
    assert speaker.child_id not in (None, child)
    speaker.close()


def test_a_voice_that_dies_too_often_rests(speaker: Speaker) -> None:
    speaker.say("die")
    assert "died" in speaker.wait()
    speaker.say("die")
    assert "rests" in speaker.wait()
    speaker.say("hello")
    assert "rests" in speaker.wait()
    speaker.close()


def test_what_the_engine_complains_of_is_told(speaker: Speaker) -> None:
    speaker.say("hoarse")
    assert speaker.wait() == "hoarse"
    speaker.close()


@pytest.mark.parametrize(
    ("ids", "chosen"),
    [
        (["gmw/en", "sit/yue", "sit/cmn-latn-pinyin", "sit/cmn"], "sit/cmn-latn-pinyin"),
        (["HKEY\\TTS_MS_EN-US_ZIRA", "HKEY\\TTS_MS_ZH-CN_HUIHUI"], "HKEY\\TTS_MS_ZH-CN_HUIHUI"),
        (["com.apple.voice.compact.zh-CN.Tingting"], "com.apple.voice.compact.zh-CN.Tingting"),
        (["gmw/en"], None),
    ],
)
def test_a_mandarin_voice_is_chosen(ids: list[str], chosen: str | None) -> None:
    found = choose_voice([SimpleNamespace(id=i, name="") for i in ids])
    assert found == chosen or (found == "sit/cmn" and "sit/cmn" in ids)


def test_a_missing_engine_is_told_for_each_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyttsx3", None)
    answers = io.StringIO()
    serve(io.StringIO('{"say": "您好"}\n{"say": "再见"}\n'), answers, tmp_path)
    told = [json.loads(line)["problem"] for line in answers.getvalue().splitlines()]
    assert len(told) == 2
    assert all("no voice" in problem for problem in told)
