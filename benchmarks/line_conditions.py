"""What can happen to speech on its way: each condition makes a damaged copy of a clean line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agent_assist.core.line_state import Trouble

RATE = 8_000
Sound = NDArray[np.float64]
Rng = np.random.Generator
Damage = Callable[[Sound, Rng], Sound]

_PACKET = RATE // 50
_ROOM_M3 = 40.0


@dataclass(frozen=True, slots=True)
class Condition:
    """A named damage and the troubles that it should show as: the first, or any of the others.

    The recogniser listens too where ``read``: it takes long, and where the sound is worse than
    that nobody judges what it understood.
    """

    name: str
    damage: Damage
    troubles: tuple[Trouble, ...] = ()
    read: bool = False


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


def at_level(dbfs: float) -> Damage:
    """As loud as that while somebody speaks; what was there besides becomes quieter with it."""
    return lambda sound, rng: sound * 10 ** (dbfs / 20) / speech_level(sound)


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


def put_in_room(seconds: float, distance_m: float, rate: int = RATE) -> Damage:
    """A room that takes so long to fall by 60 dB, heard from a distance; the level is kept.

    Direct sound falls off with distance, that of the room does not: they are equal at the
    critical distance, which follows from the room's size and reverberation (Sabine).
    """

    def damage(sound: Sound, rng: Rng) -> Sound:
        time = np.arange(int(seconds * rate)) / rate
        response = rng.standard_normal(len(time)) * 10 ** (-3 * time / seconds)
        response[: rate // 250] = 0.0
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


def conditions(voices: Sequence[Sound]) -> list[Condition]:
    """All conditions, the clean line first; ``voices`` make the babble."""
    white = {db: add_white(db) for db in (20, 15, 12, 10, 5, 0)}
    return [
        Condition("clean", lambda sound, rng: sound, read=True),
        Condition("5 % packets lost", lose_packets(0.05), ("broken",), read=True),
        *(Condition(f"{p} % packets lost", lose_packets(p / 100), ("broken",)) for p in (10, 20)),
        *(
            Condition(
                f"{p} % lost, then noise, SNR {db} dB",
                then(lose_packets(p / 100), white[db]),
                ("broken", "noisy"),
            )
            for p, db in ((5, 20), (10, 15), (20, 15))
        ),
        Condition("speech at -32 dBFS", at_level(-32)),
        *(
            Condition(f"speech at {level} dBFS", at_level(level), ("faint",))
            for level in (-44, -54, -64)
        ),
        Condition(
            "speech at -38 dBFS, then noise, SNR 12 dB",
            then(at_level(-38), white[12]),
            ("faint", "noisy"),
        ),
        Condition("white noise, SNR 20 dB", white[20], read=True),
        Condition("white noise, SNR 15 dB", white[15]),
        *(Condition(f"white noise, SNR {db} dB", white[db], ("noisy",)) for db in (10, 5, 0)),
        Condition("babble, SNR 20 dB", add_babble(20, voices), read=True),
        Condition("babble, SNR 15 dB", add_babble(15, voices)),
        *(
            Condition(f"babble, SNR {db} dB", add_babble(db, voices), ("noisy",))
            for db in (10, 5, 0)
        ),
        *(
            Condition(
                f"room {t60} s, {metres} m",
                put_in_room(t60, metres),
                ("speakerphone",),
                read=(t60, metres) in ((0.2, 0.5), (0.5, 1.5)),
            )
            for t60 in (0.2, 0.5, 0.8)
            for metres in (0.5, 1.5)
        ),
        Condition("clipped, 12 dB over", clip_hard(12), read=True),
        Condition("clipped, 24 dB over", clip_hard(24)),
        Condition("clipped, 24 dB over, then -10 dB", clip_hard(24, 10)),
    ]
