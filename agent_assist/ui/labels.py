"""The words and number formats people read, in one place."""

from __future__ import annotations

from agent_assist.core.events import Channel, Evidence, HungUpBy, Operation, Severity, Verdict

VERDICTS: dict[Verdict, str] = {"met": "达标", "breach": "违规", "undetermined": "无法判定"}
VERDICT_MARKS: dict[Verdict, str] = {"met": "✓", "breach": "✗", "undetermined": "?"}
SEVERITIES: dict[Severity, str] = {
    "fatal": "致命",
    "major": "严重",
    "minor": "一般",
    "info": "提示",
}
CHANNELS: dict[Channel, str] = {"agent": "座席", "customer": "客户"}
HUNG_UP_BY: dict[HungUpBy, str] = {
    "agent": "座席挂机",
    "customer": "客户挂机",
    "network": "网络中断",
    "unknown": "未知",
}
OPERATIONS: dict[Operation, str] = {
    "said": "一致",
    "homophone": "同音",
    "near": "近音",
    "slot": "填入",
    "wrong": "说错",
    "missed": "漏说",
    "extra": "多说",
}
DESKS = {
    "vip": "VIP专席",
    "gotone": "全球通专席",
    "general": "普通座席",
    "guide": "营业厅引导",
    "window": "营业厅台席",
    "vip-window": "营业厅VIP台席",
    "complaint-window": "营业厅投诉专席",
}
"""Short names of the bundled packs' desks; others are shown by their id."""
STAGES = {
    "rapport": "奠定基调",
    "diagnosis": "诊断问题",
    "solution": "寻求方案",
    "agreement": "达成共识",
    "summary": "总结回顾",
    "follow-up": "跟进完善",
}
PROMPT_STATUSES = {
    "seed": "规定用语",
    "own": "自拟用语",
    "composed": "自拟用语",
    "public": "公开用语",
}
CAUSES = {
    "connected": "接通",
    "state": "通话状态",
    "silence": "静默",
    "customer": "客户所说",
    "agent": "座席所说",
    "line": "线路状况",
    "manual": "座席选定",
    "agent_choice": "座席选定",
    "customer_speaks": "客户讲话",
    "moved_on": "座席已讲别的",
    "dropped": "断线",
}
FORM_USES = {"call": "每通", "visit": "每次现场", "month": "每月", "self": "自评"}
PROVENANCE = {
    "version": "程序版本",
    "format": "记录格式",
    "source": "来源文件",
    "script": "话术",
    "model": "识别模型",
    "frame_ms": "帧长（毫秒）",
}
UNITS = {
    "s": "秒",
    "ms": "毫秒",
    "min": "分钟",
    "chars_per_min": "字/分",
    "chars/min": "字/分",
    "cpm": "字/分",
    "count": "次",
    "times": "次",
    "ratio": "",
    "db": "dB",
    "dbfs": "dBFS",
}


def clock(at_ms: int) -> str:
    """``mm:ss.s`` of a moment in milliseconds, cut off (not rounded) to tenths of a second."""
    tenths = max(0, at_ms) // 100
    return f"{tenths // 600:02d}:{tenths // 10 % 60:02d}.{tenths % 10}"


def length(duration_ms: int) -> str:
    """A duration in words: ``1 分 05 秒``, or ``3.2 秒`` below a minute."""
    if duration_ms < 60_000:
        return f"{duration_ms / 1000:.1f} 秒"
    seconds = round(duration_ms / 1000)
    return f"{seconds // 60} 分 {seconds % 60:02d} 秒"


def percent(ratio: float) -> str:
    return f"{ratio * 100:.0f}%"


def measured(evidence: Evidence, verdict: Verdict) -> str:
    """The measured value beside its limit, e.g. ``2.6 秒（上限 2.0 秒）``; empty if none."""
    value, limit = evidence.value, evidence.limit
    if value is None:
        return ""
    unit = UNITS.get(evidence.unit.lower(), evidence.unit)
    if limit is None:
        return _number(value, unit, 1)
    digits = 1 if value == limit or abs(value - limit) >= 0.1 else 2
    bound = f"{_limit_name(value, limit, verdict)} {_number(limit, unit, digits)}"
    return f"{_number(value, unit, digits)}（{bound}）"


def _number(value: float, unit: str, digits: int) -> str:
    whole = value == int(value) and (unit != "秒" or abs(value) >= 10)
    return f"{value:.{0 if whole else digits}f} {unit}".rstrip()


def _limit_name(value: float, limit: float, verdict: Verdict) -> str:
    """Evidence names one limit; which side it bounds follows from the verdict."""
    if verdict == "undetermined" or value == limit:
        return "界限"
    return "上限" if (value > limit) == (verdict == "breach") else "下限"
