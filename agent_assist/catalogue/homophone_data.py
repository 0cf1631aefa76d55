"""``homophones.yaml``: forbidden words that sound, but for tones, like words of ordinary talk."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from agent_assist.catalogue.models import Data

Word = Annotated[str, Field(min_length=2, pattern=r"^[\u4e00-\u9fff]+$")]


class HomophonesFile(Data):
    """Each word with the usual one that it sounds like."""

    homophones: Annotated[dict[Word, Word], Field(min_length=1)]
