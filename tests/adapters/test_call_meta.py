"""What is known of a recording from its side file."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent_assist.adapters.call_meta import read_meta
from agent_assist.core.call import CallMeta
from agent_assist.core.events import CallStarted
from agent_assist.errors import ScriptError

WHOLE = """\
call_id: F20
desk: vip
agent: {id: 1086, name: 小周}
started_at: "2026-05-12T10:20:00+08:00"
hung_up_by: customer
direction: outbound
customer: {surname: 李, title: 先生}
note: tolerated
"""


def test_all_keys(tmp_path: Path) -> None:
    (tmp_path / "call.meta.yaml").write_text(WHOLE, "utf-8")
    meta = read_meta(tmp_path / "call.wav")
    started_at = "2026-05-12T10:20:00+08:00"
    assert meta == CallMeta(
        "F20", "vip", "1086", "小周", started_at, None, "customer", "outbound", "李", "先生"
    )
    assert meta.to_call_started(("agent",)) == CallStarted(
        0, "F20", "vip", "1086", "小周", started_at, ("agent",)
    )


def test_without_a_side_file_only_the_name_is_known(tmp_path: Path) -> None:
    assert read_meta(tmp_path / "2026-05-12 通话.wav") == CallMeta("2026-05-12 通话")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- a\n", "1: must be a mapping"),
        ("desk: vip\n", "1: call_id: field required"),
        ("call_id: ''\n", "1: call_id: string should have at least 1 character"),
        ("call_id: a\nagent:\n  name: b\n", "2: agent: id: field required"),
        ("call_id: a\n\nagent_id: b\n", "3: agent_id: extra inputs are not permitted"),
        ("call_id: a\nstarted_at: '12 May'\n", "2: started_at: must be a time such"),
        ("call_id: a\nhung_up_by: nobody\n", "2: hung_up_by: input should be"),
        ("call_id: a\ncall_id: b\n", "2: duplicate key 'call_id'"),
    ],
)
def test_faults_are_named_with_their_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "call.meta.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(ScriptError) as caught:
        read_meta(tmp_path / "call.wav")
    assert str(caught.value).startswith(f"{path}:{message}")
