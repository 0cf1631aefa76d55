"""`talk.yaml`: what agents say besides the script."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from agent_assist.catalogue.talk_data import TalkFile


def test_a_line_is_a_sentence_and_empty_ones_are_none() -> None:
    assert TalkFile(agent="好的，我记下了。\n\n  请您稍等。\n").lines() == (
        "好的，我记下了。",
        "请您稍等。",
    )


@pytest.mark.parametrize("data", [{}, {"agent": ""}, {"agent": "好的", "customer": "行"}])
def test_what_is_no_talk_is_refused(data: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        TalkFile(**data)
