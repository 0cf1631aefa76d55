"""``manual.yaml``: duties that one call cannot decide, each a question for a reviewer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from agent_assist.catalogue.models import Data, Identifier, SeverityName, Text
from agent_assist.core.forms import Form, Question


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


class QuestionData(Data):
    """A question of a form; ``answers`` are to choose from, the good one first."""

    ask: Text
    answers: Annotated[list[Text], Field(min_length=2)] = Field(
        default_factory=lambda: ["是", "否", "不适用"]
    )


class FormData(Data):
    """A checklist that a person fills in; ``use``: for a call, a visit, a month, or oneself."""

    id: Identifier
    title: Text
    use: Literal["call", "visit", "month", "self"]
    source: Text
    note: Text | None = None
    questions: Annotated[list[QuestionData], Field(min_length=1)]

    def to_form(self) -> Form:
        """The same as the core's record."""
        questions = tuple(Question(q.ask, tuple(q.answers)) for q in self.questions)
        return Form(self.id, self.title, self.use, self.source, questions)


NEEDS = {
    "listening": "听录音评定",
    "ticket": "核对工单",
    "cti": "核对话务系统",
    "audit": "核对操作日志",
    "acd": "核对排队数据",
    "window": "营业厅现场评定",
    "knowledge": "核对业务资料",
    "routing": "核对路由设置",
}
"""What the duties that need the same thing are called as a form."""


class ManualFile(Data):
    """``manual.yaml``: duties of one question each, and whole forms."""

    rules: Annotated[list[ManualRuleData], Field(min_length=1)]
    forms: list[FormData] = Field(default_factory=list)

    def to_forms(self) -> tuple[Form, ...]:
        """The duties, one form for each thing that decides them, then the forms."""
        return (*self._duties(), *(form.to_form() for form in self.forms))

    def _duties(self) -> Iterator[Form]:
        for needs, title in NEEDS.items():
            found = [rule for rule in self.rules if rule.needs == needs]
            questions = tuple(Question(rule.question, tuple(rule.answers)) for rule in found)
            if questions:
                yield Form(needs, title, "call", "", questions)
