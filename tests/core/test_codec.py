"""Every type of the closed union goes to JSON and comes back the same."""

from __future__ import annotations

import json
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_assist.core.codec import EVENT_TYPES, from_json, to_json
from agent_assist.core.events import (
    AlignedChar,
    Event,
    Evidence,
    Finding,
    PhraseMatch,
    Prompt,
    VoiceStarted,
)
from agent_assist.errors import BadInputError

finite = st.floats(allow_nan=False, allow_infinity=False)
st.register_type_strategy(float, finite)


@pytest.mark.parametrize("name", EVENT_TYPES)
@settings(deadline=None)
@given(data=st.data())
def test_round_trip(name: str, data: st.DataObject) -> None:
    event = data.draw(st.from_type(EVENT_TYPES[name]))
    line = to_json(event)
    assert "\n" not in line
    assert json.loads(line)["type"] == name
    again = from_json(line)
    assert again == event
    assert to_json(again) == line


def test_every_record_of_the_union_has_a_name() -> None:
    assert set(EVENT_TYPES.values()) == set(get_args(Event))
    assert {"voice_started", "phrase_match", "prompt_cleared", "call_ended"} < set(EVENT_TYPES)


def test_a_line_as_it_is_written() -> None:
    assert to_json(VoiceStarted(320, "agent")) == (
        '{"type":"voice_started","at_ms":320,"channel":"agent"}'
    )
    prompt = Prompt(1, "S01", 0, "您好", None, "seed", 12)
    assert to_json(prompt) == (
        '{"type":"prompt","at_ms":1,"situation_id":"S01","step":0,"text":"您好",'
        '"due_ms":null,"status":"seed","latency_ms":12}'
    )


def test_empty_parts_of_evidence_are_left_out() -> None:
    evidence = Evidence(0, 10, turn=0, score=0.0, alignment=(AlignedChar("您", "", "missed"),))
    finding = Finding(5, "R01", "breach", "major", "", "", evidence)
    record = json.loads(to_json(finding))
    assert record["title"] == ""
    assert record["evidence"] == {
        "start_ms": 0,
        "end_ms": 10,
        "turn": 0,
        "alignment": [{"expected": "您", "heard": "", "operation": "missed"}],
        "score": 0.0,
    }
    assert from_json(to_json(finding)) == finding


def test_whole_number_in_a_measure_is_written_as_it_will_be_read() -> None:
    finding = Finding(5, "R01", "met", "minor", "", "", Evidence(0, 10, value=0, limit=2))
    line = to_json(finding)
    assert '"value":0.0,"limit":2.0' in line
    assert to_json(from_json(line)) == line


def test_absent_fields_take_their_defaults() -> None:
    line = (
        '{"type":"phrase_match","at_ms":1,"situation_id":"S","step":0,"score":1,"margin":0.5,'
        '"turn":0,"start_ms":0,"end_ms":1,"channel":"agent","expected":"","heard":"",'
        '"alignment":[]}'
    )
    event = from_json(line)
    assert isinstance(event, PhraseMatch)
    assert event.also == ()
    assert isinstance(event.score, float)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("", "is not valid JSON"),
        ("{", "is not valid JSON"),
        ("[" * 100_000, "is not valid JSON"),
        ("[]", "is not a JSON object"),
        ("{}", "unknown event type None"),
        ('{"type":["x"]}', "unknown event type ['x']"),
        ('{"type":"later_version"}', "unknown event type 'later_version'"),
        ('{"type":"settled"}', "settled: field 'at_ms' is missing"),
        ('{"type":"settled","at_ms":1,"x":1}', "settled: unknown field 'x'"),
        ('{"type":"settled","at_ms":true}', "settled.at_ms must be a whole number, not true"),
        ('{"type":"settled","at_ms":1.0}', "settled.at_ms must be a whole number, not 1.0"),
        (
            '{"type":"partial_heard","at_ms":1,"channel":"agent","text":"","whole":1}',
            "partial_heard.whole must be true or false, not 1",
        ),
        ('{"type":"stage_entered","at_ms":1,"stage":2}', "stage_entered.stage must be text, not 2"),
        (
            '{"type":"voice_started","at_ms":1,"channel":"left"}',
            'voice_started.channel must be one of agent, customer, not "left"',
        ),
        (
            '{"type":"voice_started","at_ms":1,"channel":[]}',
            "voice_started.channel must be one of agent, customer, not []",
        ),
        (
            '{"type":"utterance","at_ms":1,"turn":0,"channel":"agent","start_ms":0,"end_ms":1,'
            '"text":"","words":[{"text":"","start_ms":0,"end_ms":0,"confidence":1e999}]}',
            "utterance.words[0].confidence must be a number, not Infinity",
        ),
        (
            '{"type":"utterance","at_ms":1,"turn":0,"channel":"agent","start_ms":0,"end_ms":1,'
            f'"text":"","confidence":1{"0" * 400}}}',
            "utterance.confidence must be a number, not 1000",
        ),
        (
            '{"type":"utterance","at_ms":1,"turn":0,"channel":"agent","start_ms":0,"end_ms":1,'
            '"text":"","words":[7]}',
            "utterance.words[0] must be an object, not 7",
        ),
        (
            '{"type":"finding","at_ms":1,"rule_id":"","verdict":"met","severity":"info",'
            '"title":"","message":"","evidence":{"start_ms":1}}',
            "finding.evidence: field 'end_ms' is missing",
        ),
        (
            '{"type":"call_started","at_ms":0,"call_id":"","desk":"","agent_id":"",'
            '"agent_name":"","started_at":"","channels":"agent"}',
            'call_started.channels must be a list, not "agent"',
        ),
    ],
)
def test_faulty_lines_are_refused(line: str, message: str) -> None:
    with pytest.raises(BadInputError) as caught:
        from_json(line)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
