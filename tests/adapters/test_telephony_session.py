"""What all protocols share: particulars under flat names, and faults that name no values."""

from __future__ import annotations

import pytest

from agent_assist.adapters.telephony_control import Fault
from agent_assist.adapters.telephony_session import PARTICULARS, called


def test_flat_names_are_the_particulars_of_a_call() -> None:
    body = called(
        {
            "call_id": "c-1",
            "desk": "vip",
            "started_at": "2026-05-12T10:20:00+08:00",
            "direction": "outbound",
            "agent_id": "1086",
            "agent_name": "小周",
            "customer_surname": "王",
            "customer_title": "先生",
            "customer_number": "13800138000",
            "queue_wait_s": "12.5",
            "theirs": {"is": "passed over"},
        },
        "other",
    )
    meta, caller = body.to_meta(), body.to_caller()
    assert (meta.call_id, meta.desk, meta.direction) == ("c-1", "vip", "outbound")
    assert (meta.agent_id, meta.agent_name) == ("1086", "小周")
    assert (meta.customer_surname, meta.customer_title) == ("王", "先生")
    assert (caller.number, caller.queue_wait_s) == ("13800138000", 12.5)


def test_nothing_is_needed_but_a_name() -> None:
    assert called({}, "CA1").call_id == "CA1"
    assert called(dict.fromkeys(PARTICULARS, ""), "CA1") == called({}, "CA1")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("call_id", "../13800138000"),
        ("queue_wait_s", "nan"),
        ("queue_wait_s", "long-13800138000"),
        ("direction", "sideways-13800138000"),
        ("started_at", "on-13800138000"),
        ("customer_number", ["13800138000"]),
    ],
)
def test_a_wrong_particular_is_named_without_its_value(name: str, value: object) -> None:
    with pytest.raises(Fault) as told:
        called({name: value}, "CA1")
    assert name.replace("customer_", "customer.") in str(told.value)
    assert "13800138000" not in str(told.value)
