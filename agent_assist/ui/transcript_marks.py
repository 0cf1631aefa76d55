"""Where in an utterance the characters of an alignment were heard, and how to show them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from agent_assist.core.events import AlignedChar
from agent_assist.core.masking import ARABIC, CHINESE, mask

_TITLES = {
    "said": "与规定用语一致",
    "homophone": "同音：规定为「{expected}」",
    "near": "近音：规定为「{expected}」",
    "slot": "填入内容",
    "wrong": "说错：应为「{expected}」",
    "missed": "漏说「{expected}」",
    "extra": "多说",
    "taboo": "服务忌语",
}


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of characters shown alike; ``kind`` is an alignment operation, taboo or plain."""

    kind: str
    text: str
    title: str = ""


def pieces_of(
    text: str, masked: str, alignments: Iterable[Sequence[AlignedChar]], terms: Iterable[str] = ()
) -> tuple[Piece, ...]:
    """Cut an utterance into pieces; ``masked`` is its displayed form, of the same length."""
    kinds: dict[int, tuple[str, str]] = {}
    missed_before: dict[int, str] = {}
    end = 0
    for alignment in alignments:
        places = locate(text, alignment, end)
        _mark_missed(alignment, places, missed_before)
        for cell, place in zip(alignment, places, strict=True):
            if place is not None:
                title = _TITLES[cell.operation].format(expected=mask(cell.expected))
                kinds.setdefault(place, (cell.operation, title))
                end = place + 1
    for term in terms:
        places = locate(text, [AlignedChar(c, c, "said") for c in term if c.isalnum()])
        kinds |= {i: ("taboo", _TITLES["taboo"]) for i in places if i is not None}
    return _runs(masked, kinds, missed_before)


def locate(text: str, alignment: Sequence[AlignedChar], begin: int = 0) -> list[int | None]:
    """Index in ``text`` of each aligned character heard; None where it is not to be found.

    Spaces, punctuation and the spelling of digits may differ between the two, so what cannot be
    found as it stands, from ``begin`` or from the start, is looked for as a common subsequence.
    """
    heard = [(i, char) for i, cell in enumerate(alignment) for char in cell.heard[:1]]
    spoken = [(i, char) for i, char in enumerate(text) if char.isalnum()]
    needle = "".join(char for _, char in heard).lower()
    hay = "".join(char for _, char in spoken).lower()
    if len(hay) != len(spoken) or len(needle) != len(heard) or not needle:
        return [None] * len(alignment)
    first = sum(i < begin for i, _ in spoken)
    at = max(hay.find(needle, first), -1)
    at = hay.find(needle) if at < 0 else at
    if at >= 0:
        pairs = {k: at + k for k in range(len(needle))}
    else:
        blocks = SequenceMatcher(None, hay, needle, autojunk=False).get_matching_blocks()
        pairs = {block.b + k: block.a + k for block in blocks for k in range(block.size)}
        pairs = pairs if len(pairs) * 2 >= len(needle) else {}
    places: list[int | None] = [None] * len(alignment)
    for k, (cell, _) in enumerate(heard):
        places[cell] = spoken[pairs[k]][0] if k in pairs else None
    return places


def masked_cells(
    alignment: Sequence[AlignedChar], text: str = "", masked: str = ""
) -> tuple[AlignedChar, ...]:
    """The alignment with personal digits hidden, as they are in its utterance if that is known.

    A digit that cannot be found in an utterance with hidden digits is hidden too: an alignment may
    spell 1 as 幺.
    """
    expected = _masked_each([cell.expected for cell in alignment])
    heard = _masked_each([cell.heard for cell in alignment])
    places = locate(text, alignment) if text else [None] * len(alignment)
    cells = []
    for cell, wanted, char, place in zip(alignment, expected, heard, places, strict=True):
        shown = char
        if place is not None and masked[place] != text[place]:
            shown = masked[place]
        elif place is None and masked != text and char and char in CHINESE + ARABIC:
            shown = "＊"
        cells.append(AlignedChar(wanted, shown, cell.operation))
    return tuple(cells)


def _masked_each(parts: Sequence[str]) -> list[str]:
    whole = mask("".join(parts))
    ends = [sum(map(len, parts[: i + 1])) for i in range(len(parts))]
    return [whole[end - len(part) : end] for part, end in zip(parts, ends, strict=True)]


def _mark_missed(
    alignment: Sequence[AlignedChar], places: Sequence[int | None], missed: dict[int, str]
) -> None:
    """Note missed characters before the next character that was heard, or after the last one."""
    pending = ""
    last: int | None = None
    for cell, place in zip(alignment, places, strict=True):
        if cell.operation == "missed":
            pending += cell.expected
        elif place is not None:
            if pending:
                missed.setdefault(place, pending)
            pending, last = "", place
    if pending and last is not None:
        missed.setdefault(last + 1, pending)


def _runs(
    masked: str, kinds: dict[int, tuple[str, str]], missed: dict[int, str]
) -> tuple[Piece, ...]:
    pieces: list[Piece] = []

    def add(kind: str, text: str, title: str, *, join: bool = True) -> None:
        if join and pieces and (pieces[-1].kind, pieces[-1].title) == (kind, title):
            pieces[-1] = Piece(kind, pieces[-1].text + text, title)
        else:
            pieces.append(Piece(kind, text, title))

    for i in range(len(masked) + 1):
        if i in missed:
            lost = mask(missed[i])
            add("missed", lost, _TITLES["missed"].format(expected=lost), join=False)
        if i < len(masked):
            add(*_kind_at(i, masked, kinds))
    return tuple(pieces)


def _kind_at(i: int, masked: str, kinds: dict[int, tuple[str, str]]) -> tuple[str, str, str]:
    """A comma or space inside a run belongs to the run."""
    kind, title = kinds.get(i, ("plain", ""))
    if kind == "plain" and not masked[i].isalnum() and i - 1 in kinds:
        beside = kinds[i - 1]
        if beside[0] in ("said", "slot") and kinds.get(i + 1) == beside:
            kind, title = beside
    return kind, masked[i], title
