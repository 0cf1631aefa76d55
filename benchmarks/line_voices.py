"""Speakers by espeak-ng whose speech is no Mandarin, or Mandarin with an accent of the south.

Nothing is made where espeak-ng is not installed. The accents replace initials, finals and tones of
the pinyin that is spoken, as `agent` and `customer` of the example calls would say it; Cantonese
"read" is the same sentences in Cantonese pronunciation.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile as sf
import soxr
from pypinyin import Style, lazy_pinyin

from agent_assist import settings
from agent_assist.strict_yaml import load
from benchmarks.line_conditions import Sound

VARIANTS = ("klatt", "m3", "f2", "benjamin")
PACES = (150, 165, 180, 170)
PAUSE_S = 1.0
LINE_S = 30.0
SHORTEST_CHARS = 8
MANDARIN, CANTONESE = "cmn-latn-pinyin", "yue"

_SENTENCES = {
    CANTONESE: (
        "你好，我想問下點解我今個月嘅電話費咁貴，唔該你幫我查下。",
        "我個手機琴日開始打唔到出去，都唔知係咩事。",
        "你哋可唔可以幫我取消嗰個流量套餐呀，我冇用過。",
        "我想問吓我仲有幾多流量用得，同埋幾時到期。",
        "喂，聽唔聽到呀，我呢度好嘈，你講大聲啲得唔得。",
        "點解每個月都要收我三十蚊，我冇開過呢個服務喎。",
    ),
    "hak": (
        "Ngài siong mun ha, m̀ he-á kim-ngie̍t ke thien-fa-fi kió-hó kui.",
        "Ngì hó, chhiáng mun ngài ke sú-kî chhò-má-ke tá m̀ chhut hi.",
        "Ngài oi chhai-fi, ngài mò yung ko liá ke fu̍k-vu.",
        "Ngài ke â-mè he hiông-ha, liá-piên sin-ho m̀ hó.",
    ),
    "en-gb": (
        "Good morning, I would like to know why my telephone bill is so high this month.",
        "My mobile phone has not been able to call anybody since yesterday evening.",
        "Could you please cancel the data plan that I never asked for.",
    ),
    "vi": (
        "Xin chào, tôi muốn hỏi tại sao tháng này điện thoại của tôi bị trừ nhiều tiền như vậy.",
        "Điện thoại của tôi từ hôm qua không gọi đi được, không biết vì sao.",
        "Chị làm ơn hủy giúp tôi gói dữ liệu đó, tôi không dùng bao giờ.",
    ),
    "ja": (
        "おはようございます。こんげつのでんわりょうきんが どうして こんなに たかいのですか。",
        "きのうから けいたいでんわが つながらなくて こまっています。",
        "この データ プランを かいやく したいのですが どうすれば いいですか。",
    ),
    "ko": (
        "안녕하세요, 이번 달 전화 요금이 왜 이렇게 많이 나왔는지 알고 싶습니다.",
        "어제부터 휴대폰이 안 걸리는데 무슨 문제인지 모르겠어요.",
        "제가 신청하지 않은 데이터 요금제를 취소해 주세요.",
    ),
    "de": (
        "Guten Tag, ich möchte wissen, warum meine Telefonrechnung diesen Monat so hoch ist.",
        "Mein Handy kann seit gestern Abend niemanden mehr anrufen.",
        "Bitte kündigen Sie den Tarif, den ich nie bestellt habe.",
    ),
    "ru": (
        "Здравствуйте, почему в этом месяце мой счёт за телефон такой большой.",
        "Мой телефон со вчерашнего дня никому не может позвонить.",
        "Отмените, пожалуйста, пакет интернета, который я не заказывал.",
    ),
}

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Accent:
    """What becomes of initials and finals, and of the tones 1 to 4."""

    initials: Pairs = ()
    finals: Pairs = ()
    tones: str = "1234"

    def of(self, syllable: str) -> str:
        """A syllable of numbered pinyin as it is said; anything else as it is."""
        body, tone = syllable[:-1], syllable[-1]
        if tone not in "12345":
            return syllable
        for standard, local in self.initials:
            if body.startswith(standard):
                body = local + body.removeprefix(standard)
                break
        for standard, local in self.finals:
            if body.endswith(standard):
                body = body.removesuffix(standard) + local
                break
        return body + tone.translate(str.maketrans("1234", self.tones))


_FLAT: Pairs = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l"))
_FRONT: Pairs = (("eng", "en"), ("ing", "in"))
ACCENTS = {
    "Mandarin": Accent(),
    "Mandarin: zh ch sh as z c s, n as l, no -eng -ing, tones of Sichuan": Accent(
        _FLAT, _FRONT, "1342"
    ),
    "Mandarin: also f as h, r as l, j q x as z c s, no -ang, other tones": Accent(
        (*_FLAT, ("f", "h"), ("r", "l"), ("j", "z"), ("q", "c"), ("x", "s")),
        (*_FRONT, ("ang", "an"), ("uo", "o")),
        "4123",
    ),
}


def speakers(rate: int) -> Iterator[tuple[str, list[Sound]]]:
    """Name and lines of each way to speak, half a minute each, at that rate."""
    if shutil.which("espeak-ng") is None:
        return
    said = _said_by_customers()[::4]
    for voice, sentences in _SENTENCES.items():
        yield f"{voice}, spoken", _speak(voice, sentences, rate)
    yield f"{CANTONESE}, read", _speak(CANTONESE, said, rate)
    for name, accent in ACCENTS.items():
        spoken = [" ".join(accent.of(s) for s in _pinyin(sentence)) for sentence in said]
        yield name, _speak(MANDARIN, spoken, rate)


def _said_by_customers() -> list[str]:
    """The longer sentences of the example calls' customers, each once."""
    manifest = load(settings.AUDIO_FIXTURES / "manifest.yaml")
    said: dict[str, None] = {}
    for call in manifest.data["calls"]:
        truth = load((settings.AUDIO_FIXTURES / call["file"]).with_suffix(".call.yaml"))
        turns = [turn for turn in truth.data["turns"] if turn["speaker"] == "customer"]
        said |= dict.fromkeys(t["text"] for t in turns if len(t["text"]) >= SHORTEST_CHARS)
    return list(said)


def _pinyin(sentence: str) -> list[str]:
    numbered = lazy_pinyin(sentence, style=Style.TONE3, neutral_tone_with_five=True)
    return [syllable.translate(str.maketrans("，。？！、", ",.?!,")) for syllable in numbered]


def _speak(voice: str, sentences: Sequence[str], rate: int) -> list[Sound]:
    """Every sentence by four voices at their own pace, with pauses in between."""
    lines: list[Sound] = []
    parts: list[Sound] = []
    for variant, pace in zip(VARIANTS, PACES, strict=True):
        for sentence in sentences:
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "said.wav"
                command = [
                    "espeak-ng",
                    "-v",
                    f"{voice}+{variant}",
                    "-s",
                    str(pace),
                    "-w",
                    str(path),
                ]
                subprocess.run([*command, sentence], check=True)
                sound, made_at = sf.read(path)
            parts += [soxr.resample(sound, made_at, rate), np.zeros(int(PAUSE_S * rate))]
            if sum(map(len, parts)) >= LINE_S * rate:
                lines.append(np.concatenate(parts))
                parts = []
    return lines
