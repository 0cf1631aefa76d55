"""``manual.yaml``: duties that one call cannot decide, each a question for a reviewer."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from agent_assist.catalogue.models import Data, Identifier, SeverityName, Text


class ManualRuleData(Data):
    """A duty with the question a reviewer answers.

    ``needs`` says what decides it: listening by a person, the ticket system, telephone switch,
    audit log, queue statistics, counter of a hall, knowledge base, or routing of calls. ``answers``
    are the answers to choose from, the compliant one first.
    """

    id: Identifier
    title: Text
    duty: Text
    severity: SeverityName
    source: Text
    needs: Literal["listening", "ticket", "cti", "audit", "acd", "window", "knowledge", "routing"]
    question: Text
    answers: Annotated[list[Text], Field(min_length=2)]
    note: Text | None = None


class ManualFile(Data):
    """``manual.yaml``."""

    rules: Annotated[list[ManualRuleData], Field(min_length=1)]
