"""Tells the outcome of a comparison of script packs: first by rule, then call by call."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, TextIO

from agent_assist.apps.script_changes import Change
from agent_assist.apps.script_diff import (
    CallChanges,
    Comparison,
    FindingChange,
    SituationChange,
    Skipped,
)
from agent_assist.core.codec import to_json
from agent_assist.core.events import Finding
from agent_assist.core.masking import mask
from agent_assist.ui.labels import CAUSES, SEVERITIES, VERDICTS, clock, measured, percent

_KINDS = {
    "rule": "规则",
    "situation": "情形",
    "taboo": "忌语",
    "desks": "座席与日历",
    "scoring": "评分表",
    "script": "话术包",
}
_NOTHING = "无"
_MOST_REASONS = 5


@dataclass(slots=True)
class Summary:
    """Counts over all calls; kept small, however many there are."""

    calls: int = 0
    changed: int = 0
    skipped: int = 0
    scored: int = 0
    points: float = 0.0
    verdicts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    verdict_calls: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    evidence: Counter[str] = field(default_factory=Counter)
    situations: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    titles: dict[str, str] = field(default_factory=dict)
    because: dict[str, set[int]] = field(default_factory=dict)

    def add(self, call: CallChanges) -> None:
        self.calls += 1
        self.changed += call.changed
        if call.old_score is not None and call.new_score is not None:
            self.scored += call.old_score != call.new_score
            self.points += call.new_score - call.old_score
        here: set[tuple[str, str, str]] = set()
        for change in call.findings:
            rule_id = change.either.rule_id
            self.titles[rule_id] = change.either.title
            self.because.setdefault(rule_id, set()).update(change.because)
            if change.is_verdict:
                here.add(key := (rule_id, _verdict(change.old), _verdict(change.new)))
                self.verdicts[key] += 1
            else:
                self.evidence[rule_id] += 1
        self.verdict_calls.update(here)
        self.situations.update(
            (s.old or _NOTHING, s.new or _NOTHING, s.cause) for s in call.situations
        )


def tell(
    comparison: Comparison,
    outcomes: Iterable[CallChanges | Skipped],
    out: TextIO,
    complaints: TextIO,
    *,
    as_json: bool,
) -> Summary:
    """Write everything to ``out``; what could not be judged goes to ``complaints`` at once.

    The calls' own lines wait in a temporary file, as the summary stands before them.
    """
    summary = Summary()
    with tempfile.TemporaryFile("w+", encoding="utf-8") as waiting:
        for outcome in outcomes:
            if isinstance(outcome, Skipped):
                summary.skipped += 1
                print(outcome.why, file=complaints, flush=True)
                continue
            summary.add(outcome)
            if outcome.changed or (as_json and outcome.findings):
                waiting.writelines(f"{line}\n" for line in _of_call(outcome, as_json))
        head = _json_head(comparison, summary) if as_json else _text_head(comparison, summary)
        out.writelines(f"{line}\n" for line in head)
        waiting.seek(0)
        out.writelines(waiting)
    return summary


def _of_call(call: CallChanges, as_json: bool) -> Iterator[str]:
    if as_json:
        yield _dumps(
            {
                "type": "call",
                "path": call.path,
                "call_id": call.call_id,
                "score": {"old": call.old_score, "new": call.new_score},
                "findings": [_finding_record(change) for change in call.findings],
                "situations": [asdict(change) for change in call.situations],
            }
        )
        return
    yield ""
    points = f"  得分 {_points(call.old_score)} → {_points(call.new_score)}"
    yield f"── {call.path}  {call.call_id}{points if call.old_score != call.new_score else ''}"
    for finding in call.findings:
        if finding.is_verdict:
            yield from _finding_lines(finding)
    for situation in call.situations:
        yield _situation_line(situation)


def _finding_record(change: FindingChange) -> dict[str, Any]:
    return {
        "rule_id": change.either.rule_id,
        "old": _masked(change.old),
        "new": _masked(change.new),
        "heard": change.heard,
        "because": change.because,
    }


def _masked(finding: Finding | None) -> Any:
    """A finding as in the log; its alignment is left out, as it spells what is masked."""
    if finding is None:
        return None
    record = json.loads(to_json(finding))
    record["message"] = mask(record["message"])
    record["evidence"] = {
        key: mask(value) if isinstance(value, str) else value
        for key, value in record["evidence"].items()
        if key != "alignment"
    }
    return record


def _finding_lines(change: FindingChange) -> Iterator[str]:
    finding = change.either
    place = f"  {clock(finding.evidence.start_ms)} {finding.rule_id} {finding.title}"
    verdicts = _verdict(change.old), _verdict(change.new)
    yield f"{place}：{verdicts[0]} → {verdicts[1]}{_reasons(change.because)}"
    if change.heard:
        yield f"      听到：“{change.heard}”"
    for name, side in (("旧", change.old), ("新", change.new)):
        if side and (facts := _facts(side)):
            yield f"      {name}：{facts}"


def _facts(finding: Finding) -> str:
    evidence = finding.evidence
    facts = [
        measured(evidence, finding.verdict),
        f"规定 “{mask(evidence.expected)}”" if evidence.expected else "",
        f"用词 “{evidence.term}”" if evidence.term else "",
        f"相似 {percent(evidence.score)}" if evidence.score is not None else "",
        evidence.reason or (finding.message if finding.verdict == "breach" else ""),
    ]
    return "，".join(fact for fact in facts if fact)


def _situation_line(change: SituationChange) -> str:
    how = f"情形（{CAUSES.get(change.cause, change.cause)}）" if change.cause else "匹配"
    heard = f"：“{change.heard}”" if change.heard else ""
    names = f"{change.old or _NOTHING} → {change.new or _NOTHING}"
    return f"  {clock(change.at_ms)} {how} {names}{heard}{_reasons(change.because)}"


def _text_head(comparison: Comparison, summary: Summary) -> Iterator[str]:
    for name, folder, workshop in zip(
        ("旧", "新"), comparison.folders, comparison.workshops, strict=True
    ):
        script = workshop.phrases.script
        yield f"{name}：{folder}（{script.title} {script.version}，指纹 {script.digest}）"
    yield f"话术改动 {len(comparison.changes)} 处" + ("：" if comparison.changes else "")
    for i, change in enumerate(comparison.changes):
        yield f"  [{i + 1}] {_change(change)}"
    skipped = f"，{summary.skipped} 个文件读不了" if summary.skipped else ""
    same = summary.calls - summary.changed
    yield f"复判 {summary.calls} 通：{summary.changed} 通有变化，{same} 通无变化{skipped}"
    yield from _by_rule(summary)
    if summary.situations:
        yield "按情形："
    for (old, new, cause), count in sorted(summary.situations.items()):
        how = f"（{CAUSES.get(cause, cause)}）" if cause else ""
        yield f"  {old} → {new}{how}  {count} 处"
    if summary.scored:
        mean = summary.points / summary.scored
        yield f"评分：{summary.scored} 通有变化，平均 {mean:+.1f} 分"


def _by_rule(summary: Summary) -> Iterator[str]:
    if summary.titles:
        yield "按规则："
    for rule_id, title in sorted(summary.titles.items()):
        yield f"  {rule_id} {title}{_reasons(tuple(sorted(summary.because[rule_id])))}"
        for key, count in sorted(summary.verdicts.items()):
            if key[0] == rule_id:
                yield f"      {key[1]} → {key[2]}  {count} 处（{summary.verdict_calls[key]} 通）"
        if summary.evidence[rule_id]:
            yield f"      结论不变、依据有变  {summary.evidence[rule_id]} 处"


def _json_head(comparison: Comparison, summary: Summary) -> Iterator[str]:
    scripts = [workshop.phrases.script for workshop in comparison.workshops]
    versions = [
        {"folder": str(folder), "version": script.version, "digest": script.digest}
        for folder, script in zip(comparison.folders, scripts, strict=True)
    ]
    yield _dumps(
        {
            "type": "summary",
            "old": versions[0],
            "new": versions[1],
            "changes": [asdict(change) for change in comparison.changes],
            "calls": summary.calls,
            "changed": summary.changed,
            "skipped": summary.skipped,
            "scores_changed": summary.scored,
            "rules": [
                {
                    "rule_id": k[0],
                    "old": k[1],
                    "new": k[2],
                    "findings": n,
                    "calls": summary.verdict_calls[k],
                }
                for k, n in sorted(summary.verdicts.items())
            ],
            "evidence_only": dict(sorted(summary.evidence.items())),
            "situations": [
                {"old": k[0], "new": k[1], "cause": k[2], "count": n}
                for k, n in sorted(summary.situations.items())
            ],
        }
    )


def _change(change: Change) -> str:
    thing = " ".join(part for part in (_KINDS[change.kind], change.id, change.key) if part)
    if change.old is None or change.new is None:
        told = f"新增 “{change.new}”" if change.old is None else f"删去 “{change.old}”"
        return f"{thing}：{told}（{change.where}）"
    return f"{thing}：{change.old} → {change.new}（{change.where}）"


def _reasons(because: tuple[int, ...]) -> str:
    shown = "".join(f"[{i + 1}]" for i in because[:_MOST_REASONS])
    return f"　因 {shown}{'…' if len(because) > _MOST_REASONS else ''}" if because else ""


def _verdict(finding: Finding | None) -> str:
    if finding is None:
        return _NOTHING
    severity = SEVERITIES[finding.severity]
    return VERDICTS[finding.verdict] + (f"（{severity}）" if finding.verdict == "breach" else "")


def _points(total: float | None) -> str:
    return _NOTHING if total is None else f"{total:.1f}"


def _dumps(record: dict[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"))
