"""Particulars of a call as a person or a recorder wrote them, in strict YAML."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from agent_assist.core.call import CallMeta, Direction
from agent_assist.core.events import HungUpBy
from agent_assist.errors import Problem, ScriptError
from agent_assist.strict_yaml import Document, KeyPath, load

LONGEST_S = 86_400.0
_TOLERATED = ("expect", "note", "title")


def _number_as_text(value: object) -> object:
    return str(value) if type(value) is int else value


def _iso_8601(value: str) -> str:
    try:
        if value:
            datetime.fromisoformat(value)
    except ValueError:
        message = 'must be a time such as "2026-05-12T10:20:00+08:00"'
        raise ValueError(message) from None
    return value


Seconds = Annotated[float, Field(ge=0.0, le=LONGEST_S, allow_inf_nan=False)]
ShortText = Annotated[str, Field(max_length=200), BeforeValidator(_number_as_text)]
Name = Annotated[str, Field(min_length=1, max_length=200), BeforeValidator(_number_as_text)]
Time = Annotated[str, AfterValidator(_iso_8601)]


class StrictModel(BaseModel):
    """Refuses unknown keys and values of another type."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class AgentKeys(StrictModel):
    id: ShortText
    name: ShortText = ""


class CustomerKeys(StrictModel):
    surname: ShortText = ""
    title: ShortText = ""


class CallKeys(StrictModel):
    """Keys that a recording's side file and a transcript share."""

    call_id: Name
    desk: ShortText = ""
    agent: AgentKeys = AgentKeys(id="")
    started_at: Time = ""
    hung_up_by: HungUpBy = "unknown"
    direction: Direction = "inbound"
    customer: CustomerKeys = CustomerKeys()

    def to_meta(self, ended_at_ms: int | None = None) -> CallMeta:
        """The same as the core's record."""
        return CallMeta(
            call_id=self.call_id,
            desk=self.desk,
            agent_id=self.agent.id,
            agent_name=self.agent.name,
            started_at=self.started_at,
            ended_at_ms=ended_at_ms,
            hung_up_by=self.hung_up_by,
            direction=self.direction,
            customer_surname=self.customer.surname,
            customer_title=self.customer.title,
        )


def read_meta(recording: Path) -> CallMeta:
    """What is known of a recording: its side file ``NAME.meta.yaml``, else only its name."""
    path = recording.with_suffix(".meta.yaml")
    if not path.exists():
        return CallMeta(call_id=recording.stem)
    keys, _ = read_keys(path, CallKeys)
    return keys.to_meta()


_Keys = TypeVar("_Keys", bound=StrictModel)


def read_keys(path: Path, model: type[_Keys]) -> tuple[_Keys, Document]:
    """Read a file strictly; every problem is named with its line."""
    document = load(path)
    return validate_keys(document, document.data, model), document


def validate_keys(
    document: Document, data: object, model: type[_Keys], path: KeyPath = ()
) -> _Keys:
    """Check data found at ``path`` of a document; raises ScriptError with every problem."""
    if not isinstance(data, dict):
        raise ScriptError(
            [
                Problem(
                    document.file,
                    document.line_of(path),
                    "must be a mapping of keys such as call_id",
                )
            ]
        )
    wanted = {key: value for key, value in data.items() if key not in _TOLERATED}
    try:
        return model.model_validate(wanted)
    except ValidationError as error:
        problems = [_problem(document, (*path, *e["loc"]), e["msg"]) for e in error.errors()]
        raise ScriptError(problems) from None


def _problem(document: Document, place: Sequence[str | int], message: str) -> Problem:
    path = tuple(place)
    while path and path not in document.lines:
        path = path[:-1]
    missing = ".".join(str(part) for part in place[len(path) :])
    shown = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    said = message.removeprefix("Value error, ")
    where = ": ".join(text for text in (shown.lstrip("."), missing) if text)
    return Problem(document.file, document.line_of(path), f"{where}: {said[:1].lower()}{said[1:]}")
