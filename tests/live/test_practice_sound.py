"""A practice call on virtual devices: the customer in the headset, the agent in the microphone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from agent_assist.apps.practice_voice import speak_lesson
from tests.lessons import pack_with_short_lesson, short_lesson, speak_agent
from tests.live.conftest import LiveProgram, Room

pytestmark = pytest.mark.live


def start_practice(room: Room, pack: Path, out: Path) -> LiveProgram:
    """The program with the device ``headset`` to speak into, which is the customer's sink."""
    alsa = out / "asound.conf"
    server = room.server("customer")
    alsa.write_text(
        f"<{room.environment['ALSA_CONFIG_PATH']}>\n"
        f'pcm.headset {{ type pulse server "{server}" device customer }}\n'
    )
    errors = out / "errors.txt"
    with errors.open("w") as file:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "agent_assist.cli", "practice", "90", "--port", "0"),
                *("--script", str(pack), "--out", str(out)),
                *("--agent-device", "agent", "--speaker-device", "headset"),
            ],
            env={**room.environment, "ALSA_CONFIG_PATH": str(alsa)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=file,
            text=True,
        )
    program = LiveProgram(process, errors)
    room.programs.append(program)
    return program


def test_a_spoken_lesson_ends_with_a_score(room: Room, tmp_path: Path) -> None:
    pack = pack_with_short_lesson(tmp_path)
    agent = speak_agent(tmp_path / "agent.wav", list(speak_lesson(short_lesson(pack)).clips), 0.1)
    headset = tmp_path / "headset.wav"
    recorded = ["parec", "-s", room.server("customer"), "-d", "customer.monitor"]
    with subprocess.Popen(
        [*recorded, "--file-format=wav", "--rate=16000", "--channels=1", str(headset)],
        env=room.environment,
    ) as recorder:
        program = start_practice(room, pack, tmp_path)
        program.await_line("按回车接通")
        program.press_enter()
        program.await_line("接通  90-short")
        subprocess.run(
            ["paplay", "-s", room.server("agent"), "--device=agent", str(agent)],
            env=room.environment,
            check=True,
        )
        program.await_line("报告：")
        assert program.wait() == 0
        recorder.terminate()
    shown = "\n".join(program.lines)
    assert "客户  你好我想查话费" in shown and "客户  没有了" in shown
    assert "结束  客户挂机" in shown and "没有违规" in shown
    loud = np.abs(sf.read(headset)[0]) > 0.05
    assert loud.sum() > 4_000, "the customer was heard in the headset"
    kept = {path.suffix for path in tmp_path.glob("90-short*")}
    assert {".jsonl", ".html", ".wav", ".yaml"} <= kept
