"""Forbidden wordings as people write them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from agent_assist.catalogue.models import Data, Identifier, SeverityName, Text


class TabooData(Data):
    """A forbidden wording of the agent.

    ``also`` lists other ways to say it, of which everything here holds. ``match`` anywhere finds it
    inside an utterance, whole_utterance only as all of it. ``except_in`` lists harmless wordings
    that contain it. ``replace`` is what to say instead.
    """

    phrase: Text
    also: list[Text] = Field(default_factory=list)
    category: Identifier
    severity: SeverityName | None = None
    match: Literal["anywhere", "whole_utterance"] = "anywhere"
    replace: Text | None = None
    except_in: list[Text] = Field(default_factory=list)
    status: Literal["seed", "own"]
    source: Text
    note: Text | None = None

    @property
    def phrases(self) -> tuple[str, ...]:
        """Every way to say it."""
        return (self.phrase, *self.also)


class TabooCategory(Data):
    """A kind of forbidden wording and its default severity."""

    title: Text
    severity: SeverityName


class TabooFile(Data):
    """``taboo.yaml``."""

    categories: dict[Identifier, TabooCategory]
    taboo: Annotated[list[TabooData], Field(min_length=1)]
