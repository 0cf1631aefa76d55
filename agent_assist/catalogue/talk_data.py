"""``talk.yaml``: what agents say besides the lines of the script, and may say.

Where much is heard wrong, what a forbidden wording resembles is weighed against what agents say.
"""

from __future__ import annotations

from agent_assist.catalogue.models import Data, Text, lines_of


class TalkFile(Data):
    """One sentence a line; any digits stand for all numbers."""

    agent: Text

    def lines(self) -> tuple[str, ...]:
        return lines_of(self.agent)
