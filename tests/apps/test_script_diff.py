"""Stored calls judged by two versions of the pack: what changes, and why."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from agent_assist import settings
from agent_assist.apps import script_diff
from agent_assist.apps.calls import Overrides, Workshop
from agent_assist.apps.replay import Replay
from agent_assist.apps.script_changes import changes_between
from agent_assist.apps.script_diff import CallChanges, Comparison, Skipped
from agent_assist.apps.script_diff_text import tell
from agent_assist.apps.stored_calls import find_stored
from agent_assist.catalogue.pack import read_pack
from agent_assist.cli import main
from agent_assist.errors import BadInputError
from agent_assist.settings import DEFAULT_SCRIPT
from tests.packs import pack

CALLS = settings.AUDIO_FIXTURES / "calls"
Edit = Callable[[str, str, str], None]


@pytest.fixture
def new(tmp_path: Path) -> Path:
    folder = tmp_path / "new"
    shutil.copytree(DEFAULT_SCRIPT, folder, ignore=shutil.ignore_patterns("cases", "lessons"))
    return folder


@pytest.fixture
def edit(new: Path) -> Edit:
    def replace(name: str, old: str, now: str) -> None:
        text = (new / name).read_text("utf-8")
        assert old in text
        (new / name).write_text(text.replace(old, now, 1), "utf-8")

    return replace


@pytest.fixture
def some(tmp_path: Path) -> Path:
    folder = tmp_path / "calls"
    folder.mkdir()
    for name in ("dead-air", "demo", "silent-caller"):
        shutil.copy(CALLS / f"{name}.call.yaml", folder)
    return folder


def judged(new: Path, call: str) -> CallChanges:
    changes = Comparison(DEFAULT_SCRIPT, new).judge(CALLS / f"{call}.call.yaml")
    assert isinstance(changes, CallChanges)
    return changes


def verdicts(changes: CallChanges) -> list[tuple[str, str | None, str | None]]:
    return [
        (
            change.either.rule_id,
            change.old.verdict if change.old else None,
            change.new.verdict if change.new else None,
        )
        for change in changes.findings
        if change.is_verdict
    ]


def told(new: Path, calls: Path, *, as_json: bool = False, jobs: int = 1) -> tuple[str, str]:
    out, complaints = io.StringIO(), io.StringIO()
    comparison = Comparison(DEFAULT_SCRIPT, new)
    outcomes = comparison.judge_all(find_stored(calls), jobs)
    tell(comparison, outcomes, out, complaints, as_json=as_json)
    return out.getvalue(), complaints.getvalue()


def test_a_pack_is_not_different_from_itself(some: Path) -> None:
    comparison = Comparison(DEFAULT_SCRIPT, DEFAULT_SCRIPT)
    assert comparison.changes == ()
    for outcome in comparison.judge_all(find_stored(some), 1):
        assert isinstance(outcome, CallChanges)
        assert not outcome.findings and not outcome.changed


def test_a_threshold_turns_a_verdict_and_is_named(new: Path, edit: Edit) -> None:
    edit("rules/time-dead-air.yaml", "high: 10.0", "high: 15.0")
    comparison = Comparison(DEFAULT_SCRIPT, new)
    [change] = comparison.changes
    assert (change.kind, change.id, change.key) == ("rule", "time-dead-air", "checks[0].band.high")
    assert (change.old, change.new) == ("10.0", "15.0")
    file, line = change.where.split(":")
    assert "high: 15.0" in (new / file).read_text("utf-8").splitlines()[int(line) - 1]

    changes = judged(new, "dead-air")
    assert verdicts(changes) == [("time-dead-air", "breach", "met")]
    assert changes.findings[0].because == (0,)
    assert changes.old_score is not None and changes.new_score is not None
    assert changes.new_score > changes.old_score
    assert not judged(new, "general-query").changed


def test_a_wording_changes_what_is_matched(new: Path) -> None:
    """Nothing of the referral's wordings is left but the words of another service."""
    path = new / "phrases/information.yaml"
    text = path.read_text("utf-8").replace("拨打", "登录网站").replace("查询", "浏览")
    path.write_text(text, "utf-8")
    changes = judged(new, "general-query")
    [matched] = [s for s in changes.situations if not s.cause]
    assert (matched.old, matched.new) == ("self-service-referral·1", "transfer-to-ivr·1")
    assert "建议您下次" in matched.heard
    named = Comparison(DEFAULT_SCRIPT, new).changes
    assert {named[i].id for i in matched.because} == {"self-service-referral"}


def test_a_rule_that_is_new_or_gone_is_told(new: Path, edit: Edit) -> None:
    (new / "rules/time-greet-2s.yaml").unlink()
    edit("scoring.yaml", "time-greet-2s, ", "")
    rules = [c for c in changes_between(pack(), read_pack(new)) if c.kind == "rule"]
    assert [(c.id, c.old is None, c.new is None) for c in rules] == [("time-greet-2s", False, True)]
    assert ("time-greet-2s", "met", None) in verdicts(judged(new, "general-query"))
    back = Comparison(new, DEFAULT_SCRIPT).judge(CALLS / "late-greeting.call.yaml")
    assert isinstance(back, CallChanges)
    assert ("time-greet-2s", None, "breach") in verdicts(back)


def test_a_word_taken_from_the_lexicon_is_the_reason(new: Path, edit: Edit) -> None:
    entry = "  - phrase: 不归我管\n"
    before, after = (new / "taboo.yaml").read_text("utf-8").split(entry)
    rest = after.split("\n  - ", 1)[1]
    (new / "taboo.yaml").write_text(f"{before}  - {rest}", "utf-8")
    [change] = Comparison(DEFAULT_SCRIPT, new).changes
    assert (change.kind, change.id, change.new) == ("taboo", "不归我管", None)
    changes = judged(new, "taboo-word")
    gone = [f for f in changes.findings if f.old and f.old.evidence.term == "不归我管"]
    assert gone and all(f.because == (0,) for f in gone)


def test_a_log_gives_what_its_own_call_gave(tmp_path: Path, new: Path, edit: Edit) -> None:
    """From the log of a replay, as from the transcript it was made of."""
    edit("rules/time-dead-air.yaml", "high: 10.0", "high: 15.0")
    shutil.copy(CALLS / "dead-air.call.yaml", tmp_path)
    replay = Replay(Workshop(read_pack(new)), Overrides(), "left", jsonl=False, out_dir=tmp_path)
    replay.play(tmp_path / "dead-air.call.yaml", io.StringIO())
    log = tmp_path / "dead-air.events.jsonl"
    assert list(find_stored(tmp_path / "dead-air.events.jsonl")) == [log]
    of_log = Comparison(DEFAULT_SCRIPT, new).judge(log)
    assert isinstance(of_log, CallChanges)
    assert of_log.findings == judged(new, "dead-air").findings


def test_a_transcript_beside_its_log_is_one_call(tmp_path: Path) -> None:
    for name in ("a.call.yaml", "a.events.jsonl", "b.call.yaml", "note.txt"):
        (tmp_path / name).touch()
    assert [p.name for p in find_stored(tmp_path)] == ["a.events.jsonl", "b.call.yaml"]
    with pytest.raises(BadInputError, match="no such"):
        list(find_stored(tmp_path / "none"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInputError, match="holds no"):
        list(find_stored(tmp_path / "empty"))


def test_the_particulars_of_a_log_are_its_own(tmp_path: Path, new: Path, edit: Edit) -> None:
    """An outbound call stays outbound: no greeting within two seconds is asked of it."""
    edit("rules/time-greet-2s.yaml", "within_s: 2.0", "within_s: 0.1")
    text = (CALLS / "general-query.call.yaml").read_text("utf-8")
    (tmp_path / "out.call.yaml").write_text(text + "direction: outbound\n", "utf-8")
    replay = Replay(Workshop(pack()), Overrides(), "left", jsonl=False, out_dir=tmp_path)
    replay.play(tmp_path / "out.call.yaml", io.StringIO())
    outcome = Comparison(DEFAULT_SCRIPT, new).judge(tmp_path / "out.events.jsonl")
    assert isinstance(outcome, CallChanges)
    assert verdicts(outcome) == []
    assert ("time-greet-2s", "met", "breach") in verdicts(judged(new, "general-query"))


def test_files_that_cannot_be_judged_are_named_and_passed_over(tmp_path: Path, new: Path) -> None:
    calls = tmp_path / "calls"
    calls.mkdir()
    shutil.copy(CALLS / "demo.call.yaml", calls)
    (calls / "a.events.jsonl").write_text("no log\n", "utf-8")
    (calls / "b.events.jsonl").write_text('{"type":"header","format":1}\n', "utf-8")
    (calls / "c.call.yaml").write_text("call_id: x\ndesk: nowhere\nturns: []\n", "utf-8")
    out, complaints = told(new, calls)
    assert [line.split(":")[0] for line in complaints.splitlines()] == [
        str(calls / name) for name in ("a.events.jsonl", "b.events.jsonl", "c.call.yaml")
    ]
    assert "复判 1 通：0 通有变化，1 通无变化，3 个文件读不了" in out
    wrong = Comparison(DEFAULT_SCRIPT, new).judge(calls / "a.events.jsonl")
    assert isinstance(wrong, Skipped) and ":1:" in wrong.why


def test_the_exit_status_says_whether_anything_changes(
    new: Path, some: Path, edit: Edit, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["diff", str(DEFAULT_SCRIPT), str(new), "--calls", str(some), "--jobs", "1"]
    assert main(command) == 0
    edit("rules/time-dead-air.yaml", "high: 10.0", "high: 15.0")
    assert main(command) == 1
    (some / "x.events.jsonl").write_text("no log\n", "utf-8")
    assert main(command) == 2
    assert "x.events.jsonl:1: " in capsys.readouterr().err


def test_the_summary_comes_first_and_then_each_call(new: Path, some: Path, edit: Edit) -> None:
    edit("rules/time-dead-air.yaml", "high: 10.0", "high: 15.0")
    out, _ = told(new, some)
    head, call = out.split("\n\n")
    assert "[1] 规则 time-dead-air checks[0].band.high：10.0 → 15.0" in head
    assert "违规（一般） → 达标  1 处（1 通）" in head
    assert "复判 3 通：1 通有变化，2 通无变化" in head
    assert call.startswith(f"── {some / 'dead-air.call.yaml'}")
    assert "time-dead-air 非等待状态静音：违规（一般） → 达标　因 [1]" in call
    assert "（上限 10 秒）" in call and "（上限 15 秒）" in call


def test_json_has_a_summary_and_a_line_for_each_call(new: Path, some: Path, edit: Edit) -> None:
    edit("rules/time-dead-air.yaml", "high: 10.0", "high: 15.0")
    summary, *calls = map(json.loads, told(new, some, as_json=True)[0].splitlines())
    assert (summary["type"], summary["calls"], summary["changed"]) == ("summary", 3, 1)
    [rule] = summary["rules"]
    assert (rule["rule_id"], rule["findings"]) == ("time-dead-air", 1)
    [changed] = [c for c in calls if c["score"]["old"] != c["score"]["new"]]
    [finding] = changed["findings"]
    assert (finding["old"]["verdict"], finding["new"]["verdict"]) == ("breach", "met")
    assert summary["changes"][finding["because"][0]]["new"] == "15.0"


@pytest.mark.parametrize("as_json", [True, False])
def test_numbers_of_customers_are_masked(
    tmp_path: Path, new: Path, edit: Edit, as_json: bool
) -> None:
    edit("rules/word-repeat-number.yaml", "severity: major", "severity: minor")
    shutil.copy(CALLS / "number-not-repeated.call.yaml", tmp_path / "one.call.yaml")
    out = told(new, tmp_path / "one.call.yaml", as_json=as_json)[0]
    assert "word-repeat-number" in out and "138****8000" in out
    assert "一三八零零一三八零零零" not in out and "13800138000" not in out


def test_more_calls_than_a_few_are_shared_among_processes(
    tmp_path: Path, new: Path, edit: Edit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever judges them, the outcome stands in the order of the files."""
    monkeypatch.setattr(script_diff, "FEW", 2)
    monkeypatch.setattr(script_diff, "BATCH", 2)
    edit("rules/time-dead-air.yaml", "high: 10.0", "high: 15.0")
    calls = tmp_path / "calls"
    calls.mkdir()
    for i in range(5):
        name = "dead-air" if i % 3 == 0 else "silent-caller"
        shutil.copy(CALLS / f"{name}.call.yaml", calls / f"{i:02}.call.yaml")
    shared = told(new, calls, jobs=2)
    assert "5 通：2 通有变化" in shared[0]
    assert shared == told(new, calls, jobs=1)
