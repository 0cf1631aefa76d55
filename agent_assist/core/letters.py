"""Latin letters and words as they are said in Chinese talk.

The one table of it: recogniser graphs take every reading, measuring takes the first of each, and
matching, which has one syllable for a character, the most marked syllable of a letter's first.
Readings are toneless pinyin syllables, of which some (``kei``, ``kiu``, ``fai``) are in no Chinese
word but made of the same initials and finals.
"""

from __future__ import annotations

from functools import lru_cache

_LETTERS = """
A ei
B bi
C xi, sei
D di
E yi
F ai fu, ei fu
G ji
H ai chi, ei chi, ei qu
I ai
J zhei, jie
K kei, kai
L ai lou, ai le, e le, ai ou
M ai mu, an mu, e mu
N en, en en
O ou
P pi
Q kiu, qiu, kou
R a er, a
S ai si, ei si, e si
T ti
U you
V wei, wei yi
W da bu liu, da bu you, da bu
X ai ke si, ei ke si, e ke si
Y wai
Z zei, zi, zi ei
"""

_WORDS = """
ADSL ei di ai si ai lou
ANDROID an zhuo yi de
APP ei pi pi, ai pu, ai pi pi
APPLE ai pou, a pou
BABY bei bi
BECAUSE bi kao zi
BUG ba ge
BYE bai
CALL kou, ke ou
CHECK qie ke
CLUB ke la bu
COOL ku
EMAIL yi mei er, yi mei ou
ESIM yi xi mu, yi sai mu, yi sen mu
EXCEL yi ke sai er
EXCHANGE yi ke si chen zhi
FAX fa ke si
FLASH fu lai shen
GAME gei mu
GO gou
GOOGLE gu gou
HELLO ha lou, hai lou
HI hai
HIGH hai
HOLD hou de, hou
HOME hou mu
IN yin
INTERNET yin te nei te
IPAD ai pai de, ai pa de
IPHONE ai feng, ai fu
IPTV ai pi ti wei
IT ai ti
KTV kei ti wei
LET lai te
LOFT lou fu te
LOGO lou gou, lou ge
LOVE la fu
MAIL mei er, mei ou
MAPS mai pu si
MAX mai ke si
MAYBE mei bi
ME mi
MINI mi ni
MODEM mou den, mo dai mu
MY mai
NO nou
OF ou fu
OFFICE ou fei si
OK ou kei
PAD pai de
PAY pei
PIN pin
PLUS pu la si
PRO pu rou, pu luo
PUK pi you kei, pu ke
QQ kiu kiu, kou kou, qiu qiu
SAMSUNG san song
SHOW xiu
SIM xi mu, sai mu, sen mu, xin
SORRY sao rui, suo rui
STYLE si dai er
TAXI tai ke xi
TEST tai si te
TV ti wei
USB you ai si bi
VIP wei ai pi, wei ai bi, wei pi
VOLTE wei ou ai lou ti yi, wo er te
WATCH wo chi
WECHAT wei cha te
WEB wai bu
WIFI wai fai, wai fei
WINDOWS wen dou si
WORD wo de
YES ye si
YOU you
ZIP zi pu
"""


def _table(text: str) -> dict[str, tuple[tuple[str, ...], ...]]:
    rows = (line.split(" ", 1) for line in text.split("\n") if line)
    return {word: tuple(tuple(r.split()) for r in found.split(",")) for word, found in rows}


LETTERS = _table(_LETTERS)
"""Every letter with its readings, the usual one first."""

LATIN_WORDS = _table(_WORDS)
"""Words that are not simply spelled, or spelled so often that they are one word, likewise."""

LETTER_SYLLABLE = {
    letter: next((s for s in found[0] if s[0] not in "aeo"), found[0][0])
    for letter, found in LETTERS.items()
}
"""The syllable a letter is known by: the first of its name that does not begin with a vowel."""


@lru_cache(maxsize=4096)
def latin_pieces(run: str) -> tuple[str, ...]:
    """The words of a run of letters in capitals: those of the table, or else its letters.

    A run is divided only where all of it are known words of two letters and more.

    >>> latin_pieces("CALLMEMAYBE"), latin_pieces("LDQ")
    (('CALL', 'ME', 'MAYBE'), ('L', 'D', 'Q'))
    """
    best: list[tuple[str, ...] | None] = [()]
    for end in range(1, len(run) + 1):
        ways = [
            (*before, run[start:end])
            for start, before in enumerate(best)
            if before is not None and run[start:end] in LATIN_WORDS
        ]
        best.append(min(ways, key=len, default=None))
    return best[-1] or tuple(run)


def latin_syllables(piece: str) -> tuple[str, ...]:
    """How a word of the table, or one letter, is usually said; KeyError for anything else."""
    return (LATIN_WORDS.get(piece) or LETTERS[piece])[0]
