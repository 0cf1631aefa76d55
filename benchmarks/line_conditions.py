"""What can happen to speech on its way: each condition makes a damaged copy of a clean line."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile as sf
import soxr
from numpy.typing import NDArray

from agent_assist.core.line_state import Trouble

RATE = 8_000
Sound = NDArray[np.float64]
Rng = np.random.Generator
Damage = Callable[[Sound, Rng], Sound]

_PACKET = RATE // 50
_ROOM_M3 = 40.0
_FOREIGN = {
    "vi": "Xin chào, tôi muốn hỏi tại sao tháng này điện thoại của tôi bị trừ nhiều tiền như vậy.",
    "en-gb": "Good morning, I would like to know why my telephone bill is so high this month.",
    "ja": "おはようございます。こんげつのでんわりょうきんが どうして こんなに たかいのですか。",
    "yue": "你好，我想問下點解我今個月嘅電話費咁貴，唔該你幫我查下。",
    "ko": "안녕하세요, 이번 달 전화 요금이 왜 이렇게 많이 나왔는지 알고 싶습니다.",
    "de": "Guten Tag, ich möchte wissen, warum meine Telefonrechnung diesen Monat so hoch ist.",
}


@dataclass(frozen=True, slots=True)
class Condition:
    """A named damage and the trouble it should show as; None where none is to be shown."""

    name: str
    damage: Damage
    trouble: Trouble | None
    fitted: bool = True
    """Whether thresholds are fitted on it; what lies between good and bad is only reported."""
    understood: bool = False
    """Whether the recogniser listens too: it takes long and matters to one trouble only."""


def speech_level(sound: Sound) -> float:
    """RMS of the active 20 ms, those within 25 dB of the loudest."""
    frames = sound[: len(sound) // _PACKET * _PACKET].reshape(-1, _PACKET)
    power = np.mean(frames**2, axis=1)
    return float(np.sqrt(np.mean(power[power >= power.max() * 10**-2.5])))


def lose_packets(share: float, burst: float = 2.0) -> Damage:
    """20 ms packets lost in bursts of that mean length (Gilbert's model); silence instead."""

    def damage(sound: Sound, rng: Rng) -> Sound:
        broken, lost = sound.copy(), False
        begins = share / burst / (1.0 - share)
        for at in range(0, len(sound), _PACKET):
            lost = rng.random() > 1.0 / burst if lost else rng.random() < begins
            if lost:
                broken[at : at + _PACKET] = 0.0
        return broken

    return damage


def attenuate(by_db: float) -> Damage:
    return lambda sound, rng: sound * 10 ** (-by_db / 20)


def add_white(snr_db: float) -> Damage:
    def damage(sound: Sound, rng: Rng) -> Sound:
        noise = rng.standard_normal(len(sound))
        return sound + noise * speech_level(sound) * 10 ** (-snr_db / 20)

    return damage


def add_babble(snr_db: float, voices: Sequence[Sound]) -> Damage:
    """Eight other people at once, each from a random moment of a recording without pauses."""

    def damage(sound: Sound, rng: Rng) -> Sound:
        crowd = np.zeros(len(sound))
        for pick in rng.choice(len(voices), 8):
            voice = _without_pauses(voices[int(pick)])
            turned = np.roll(voice, int(rng.integers(len(voice)))) / speech_level(voice)
            crowd += np.resize(turned, len(sound))
        return sound + crowd / np.std(crowd) * speech_level(sound) * 10 ** (-snr_db / 20)

    return damage


def _without_pauses(sound: Sound) -> Sound:
    frames = sound[: len(sound) // _PACKET * _PACKET].reshape(-1, _PACKET)
    power = np.mean(frames**2, axis=1)
    active: Sound = frames[power >= power.max() * 10**-2.5].ravel()
    return active


def put_in_room(seconds: float, distance_m: float) -> Damage:
    """A room that takes so long to fall by 60 dB, heard from a distance; the level is kept.

    Direct sound falls off with distance, that of the room does not: they are equal at the
    critical distance, which follows from the room's size and reverberation (Sabine).
    """

    def damage(sound: Sound, rng: Rng) -> Sound:
        time = np.arange(int(seconds * RATE)) / RATE
        response = rng.standard_normal(len(time)) * 10 ** (-3 * time / seconds)
        response[: RATE // 250] = 0.0
        critical_m = 0.057 * np.sqrt(_ROOM_M3 / seconds)
        response *= distance_m / critical_m / np.sqrt(np.sum(response**2))
        response[0] = 1.0
        size = 1 << (len(sound) + len(response)).bit_length()
        wet = np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(response, size), size)
        wet = wet[: len(sound)]
        quiet = 10 ** (-29 / 20) * speech_level(sound) * rng.standard_normal(len(sound))
        heard: Sound = wet * (speech_level(sound) / speech_level(wet)) + quiet
        return heard

    return damage


def then(*damages: Damage) -> Damage:
    """One after the other."""

    def damage(sound: Sound, rng: Rng) -> Sound:
        for each in damages:
            sound = each(sound, rng)
        return sound

    return damage


def clip_hard(over_db: float, then_db: float = 0.0) -> Damage:
    """Amplified until the speech level is so much over -18 dBFS, cut at full scale, attenuated."""

    def damage(sound: Sound, rng: Rng) -> Sound:
        louder = sound * 10 ** ((over_db - 18.0) / 20) / speech_level(sound)
        return np.clip(louder, -1.0, 1.0) * 10 ** (-then_db / 20)

    return damage


def turn_pieces(piece_ms: int) -> Damage:
    """Every piece of speech played backwards: clear, with the rhythm of talk, and no Mandarin."""

    def damage(sound: Sound, rng: Rng) -> Sound:
        size = RATE * piece_ms // 1000
        edges = range(size, len(sound), size)
        return np.concatenate([piece[::-1] for piece in np.split(sound, edges)])

    return damage


def warp(most: float) -> Damage:
    """Pace, pitch and vowels wander together by a factor, every 400 ms another."""

    def damage(sound: Sound, rng: Rng) -> Sound:
        pieces = np.split(sound, range(RATE * 2 // 5, len(sound), RATE * 2 // 5))
        factors = most ** rng.uniform(-1.0, 1.0, len(pieces))
        positions = np.cumsum(np.repeat(factors, [len(p) for p in pieces]))
        positions = positions[positions < len(sound) - 1]
        return np.interp(positions, np.arange(len(sound)), sound)

    return damage


def foreign_lines(rng: Rng) -> dict[str, Sound]:
    """Other languages by espeak-ng, three times each; nothing where it is not installed.

    In a small quiet room: closures in espeak's speech are else as abrupt as lost packets.
    """
    program = shutil.which("espeak-ng")
    if program is None:
        return {}
    lines = {}
    for voice, text in _FOREIGN.items():
        said = []
        for pace in ("150", "165", "180"):
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "said.wav"
                subprocess.run([program, "-v", voice, "-s", pace, "-w", path, text], check=True)
                sound, rate = sf.read(path)
            said += [soxr.resample(sound, rate, RATE), np.zeros(RATE)]
        line = np.concatenate(said)
        level = speech_level(line)
        lines[voice] = put_in_room(0.15, 0.3)(line / level * 0.06, rng)
    return lines


def conditions(voices: Sequence[Sound]) -> list[Condition]:
    """All conditions, the clean line first; ``voices`` make the babble."""
    return [
        Condition("clean", lambda sound, rng: sound, None, understood=True),
        *(Condition(f"{p} % packets lost", lose_packets(p / 100), "broken") for p in (5, 10, 20)),
        *(
            Condition(
                f"{p} % lost, then noise, SNR {db} dB",
                then(lose_packets(p / 100), add_white(db)),
                "broken",
                fitted=False,
            )
            for p, db in ((5, 20), (10, 15), (20, 15))
        ),
        *(Condition(f"{db} dB quieter", attenuate(db), "faint") for db in (20, 30, 40)),
        Condition(
            "14 dB quieter, noise, SNR 12 dB", then(attenuate(14), add_white(12)), "faint", False
        ),
        Condition("white noise, SNR 20 dB", add_white(20), None),
        Condition("white noise, SNR 10 dB", add_white(10), "noisy", fitted=False),
        *(Condition(f"white noise, SNR {db} dB", add_white(db), "noisy") for db in (5, 0)),
        Condition("babble, SNR 20 dB", add_babble(20, voices), None, fitted=False),
        Condition("babble, SNR 10 dB", add_babble(10, voices), "noisy", fitted=False),
        *(Condition(f"babble, SNR {db} dB", add_babble(db, voices), "noisy") for db in (5, 0)),
        *(
            Condition(
                f"room {t60} s, {metres} m",
                put_in_room(t60, metres),
                "speakerphone",
                fitted=t60 > 0.2,
            )
            for t60 in (0.2, 0.5, 0.8)
            for metres in (0.5, 1.5)
        ),
        Condition("clipped, 12 dB over", clip_hard(12), None, fitted=False),
        Condition("clipped, 24 dB over", clip_hard(24), None, fitted=False),
        Condition("clipped, 24 dB over, then -10 dB", clip_hard(24, 10), None, fitted=False),
        Condition("warped by up to 1.5", warp(1.5), "dialect", fitted=False, understood=True),
        Condition("150 ms pieces backwards", turn_pieces(150), "dialect", understood=True),
    ]
