"""A short lesson for tests, and an agent who speaks it: words cut from a bundled recording."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import soundfile as sf

from agent_assist.adapters.audio_file import AudioFile
from agent_assist.apps.practice_lessons import find_lesson, lessons_of
from agent_assist.catalogue.pack import read_pack
from agent_assist.core.lesson import AgentLine, Lesson
from agent_assist.core.ports import Samples
from agent_assist.settings import AUDIO_FIXTURES, DEFAULT_SCRIPT

SHORT = """\
title: 短课
goals: [首问和结束]
trains: [word-greeting]
desk: general
started_at: "2026-05-12T10:00:00+08:00"
turns:
  - agent: "您好！中国移动，很高兴为您服务！"
  - customer: "你好，我想查话费。"
  - agent: "请问还有什么可以帮您？"
  - customer: "没有了。"
    when: {said: [anything-else]}
  - agent: "{{ agent_id }}号感谢您对我们工作的支持，再见。"
ends: {by: customer, when: {said: ["再见"]}}
"""
SPOKEN = AUDIO_FIXTURES / "calls" / "general-query.wav"
GREETING, ANYTHING_ELSE, CLOSING = (0.7, 4.18), (44.3, 46.8), (48.75, 52.96)
"""From when to when in the recording, in seconds."""
RATE = 16_000
PAUSE_S = 0.8 + 0.6
"""The customer's before he answers, and the agent's."""


def pack_with_short_lesson(folder: Path) -> Path:
    """The bundled pack with the lesson ``90-short`` in it."""
    pack = folder / "pack"
    shutil.copytree(DEFAULT_SCRIPT, pack)
    (pack / "lessons" / "90-short.yaml").write_text(SHORT, encoding="utf-8")
    return pack


def short_lesson(pack: Path) -> Lesson:
    return find_lesson(lessons_of(read_pack(pack)), "90")


def speak_agent(target: Path, clips: list[Samples], first_s: float = 0.7) -> Path:
    """The agent's side of the short lesson, with room for the customer's lines."""
    whole = np.concatenate([frame.samples[0] for frame in AudioFile(SPOKEN)])
    parts = [np.zeros(round(first_s * RATE), np.int16)]
    for i, (start_s, end_s) in enumerate((GREETING, ANYTHING_ELSE, CLOSING)):
        parts.append(whole[round(start_s * RATE) : round(end_s * RATE)])
        if i < len(clips):
            parts.append(np.zeros(round(PAUSE_S * RATE) + len(clips[i]), np.int16))
    sf.write(target, np.concatenate(parts), RATE, "PCM_16")
    return target


def typed(lesson: Lesson) -> str:
    """A lesson's own lines as an agent would type them."""
    lines: list[str] = []
    for turn in lesson.turns:
        if isinstance(turn, AgentLine):
            wait = f"+{turn.wait_ms / 1000:g} " if turn.wait_ms else ""
            lines.append(f"{wait}{turn.text}")
        elif turn.cue.kind == "silence":
            lines.append(f"+{turn.cue.wait_ms / 1000:g}")
    return "".join(f"{line}\n" for line in lines)
