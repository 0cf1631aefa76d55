"""`match`: which wordings a text resembles, by how much, and character by character."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from agent_assist.core.matching import Matcher
from agent_assist.core.text import spoken
from agent_assist.core.wording import Wording
from agent_assist.errors import BadInputError


def phrases_from(file: Path) -> Matcher:
    """A matcher over a plain list, one phrase a line; ids are line numbers from 1."""
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInputError(f"{file}: cannot be read as UTF-8 text: {error}") from None
    entries = [(i, Wording((t.strip(),))) for i, t in enumerate(lines, start=1) if spoken(t).chars]
    if not entries:
        raise BadInputError(f"{file}: holds no phrase; write one phrase a line")
    return Matcher(entries)


def match_text(matcher: Matcher, text: str, top: int) -> Iterator[dict[str, Any]]:
    """The ``top`` most similar wordings, best first, as the command line prints them."""
    for match in matcher.best(spoken(text), top):
        for owner in match.owners[:1]:
            yield {
                "text": text,
                "id": ":".join(map(str, owner)) if isinstance(owner, tuple) else owner,
                "phrase": match.wording.text,
                "score": match.score,
                "margin": match.margin,
                "heard": spoken(text).given_span(match.start, match.end),
                "also": [
                    ":".join(map(str, o)) if isinstance(o, tuple) else o for o in match.owners[1:]
                ],
                "alignment": [asdict(char) for char in match.alignment.chars],
            }
