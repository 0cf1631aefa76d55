"""Phones, transition model and transition ids of the bundled acoustic model.

Every phone has one emitting state: a self-loop and a forward transition.
Phone 1 ``SIL`` (between words) and phone 2 ``BLK`` (inside words) emit the CTC
blank, pdf 0; phone ``u_P`` emits the unit ``u`` in word position P (Begin, End,
Internal, Singleton).  Phone k therefore owns transition ids 2k - 1 (self-loop)
and 2k (forward).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from agent_assist.modelling.kaldi_format import (
    Reader,
    float32,
    int32,
    int_vector,
    token,
    vector,
)
from agent_assist.modelling.lexicon import UNITS, Pronunciation

SILENCE, BLANK = 1, 2
POSITIONS = "BEIS"
_BOUNDARY = {"B": "begin", "E": "end", "I": "internal", "S": "singleton"}

PHONES: tuple[str, ...] = (
    "<eps>",
    "SIL",
    "BLK",
    *(f"{unit}_{position}" for unit in UNITS for position in POSITIONS),
)
_PHONE_IDS = {name: number for number, name in enumerate(PHONES)}
_PDFS = (0, 0, *(k + 1 for k in range(len(UNITS)) for _ in POSITIONS))


def self_loop(phone: int) -> int:
    """Transition id of the self-loop of ``phone``."""
    return 2 * phone - 1


def forward(phone: int) -> int:
    """Transition id of the forward transition of ``phone``."""
    return 2 * phone


def output_of(transition: int) -> int:
    """Network output (pdf) that a transition id consumes."""
    return _PDFS[(transition + 1) // 2 - 1]


def ends_word(phone: int) -> bool:
    """Whether a word may end after ``phone``."""
    return PHONES[phone][-2:] in ("_E", "_S")


def word_phones(units: Pronunciation) -> tuple[int, ...]:
    """Position-dependent phones of one word."""
    if len(units) == 1:
        return (_PHONE_IDS[f"{units[0]}_S"],)
    positions = "B" + "I" * (len(units) - 2) + "E"
    return tuple(_PHONE_IDS[f"{u}_{p}"] for u, p in zip(units, positions, strict=True))


def word_boundary() -> str:
    """Contents of ``graph/phones/word_boundary.int``."""
    lines = [f"{SILENCE} nonword", f"{BLANK} internal"]
    lines += [f"{k} {_BOUNDARY[PHONES[k][-1]]}" for k in range(BLANK + 1, len(PHONES))]
    return "\n".join(lines) + "\n"


def transition_model() -> bytes:
    """The binary ``<TransitionModel>`` that precedes the network in final.mdl."""
    phones = range(1, len(PHONES))
    state = int32(0) + int32(2) + int32(0) + float32(0.5) + int32(1) + float32(0.5)
    final = int32(-1) + int32(0)
    topology = int_vector(phones) + int_vector([-1] + [0] * len(phones))
    topology += int32(1) + int32(2) + state + final
    triples = b"".join(int32(p) + int32(0) + int32(_PDFS[p - 1]) for p in phones)
    logs = [0.0] + [math.log(0.5)] * (2 * len(phones))
    return b"".join(
        [
            token("<TransitionModel>"),
            token("<Topology>") + topology + token("</Topology>"),
            token("<Triples>") + int32(len(phones)) + triples + token("</Triples>"),
            token("<LogProbs>") + vector(logs) + token("</LogProbs>"),
            token("</TransitionModel>"),
        ]
    )


def read_triples(model: bytes) -> Sequence[tuple[int, int, int]]:
    """(phone, state, pdf) triples of a binary acoustic model."""
    reader = Reader(model, model.index(b"<Triples>"))
    reader.expect("<Triples>")
    count = reader.integer()
    return [(reader.integer(), reader.integer(), reader.integer()) for _ in range(count)]


def fits(model: bytes) -> bool:
    """Whether an acoustic model has exactly the phones and outputs of this module."""
    expected = [(p, 0, _PDFS[p - 1]) for p in range(1, len(PHONES))]
    return b"<Triples>" in model and list(read_triples(model)) == expected
