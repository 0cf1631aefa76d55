"""What another program may say about a call, in strict JSON."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from agent_assist.adapters.call_meta import CallKeys, CustomerKeys, Seconds, ShortText, StrictModel
from agent_assist.adapters.web_control import Caller
from agent_assist.core.events import HungUpBy

CallId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]


class WebCustomer(CustomerKeys):
    """The caller; ``number`` may be masked already and is masked before it is shown."""

    number: ShortText = ""


class CallBody(CallKeys):
    """A call that was just connected."""

    call_id: CallId
    customer: WebCustomer = WebCustomer()
    queue_wait_s: Seconds | None = None

    def to_caller(self) -> Caller:
        return Caller(self.customer.number, self.queue_wait_s)


class EndBody(StrictModel):
    """The end of a call."""

    hung_up_by: HungUpBy = "unknown"


class SituationBody(StrictModel):
    """A situation that the agent picked."""

    situation_id: Annotated[str, Field(min_length=1, max_length=100)]
