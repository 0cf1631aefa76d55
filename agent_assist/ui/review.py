"""The review page of one call: a single HTML file that needs nothing else to be read or heard."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from agent_assist.core.forms import Form
from agent_assist.core.lesson_result import LessonResult
from agent_assist.core.masking import mask
from agent_assist.core.report import CallReport
from agent_assist.core.scoring import Scorecard
from agent_assist.errors import BadInputError
from agent_assist.ui import labels
from agent_assist.ui.review_view import ReviewView
from agent_assist.ui.waveform import Waveform, outline, peaks_from

__all__ = ["Waveform", "peaks_from", "render_report"]

_HERE = Path(__file__).parent
_AUDIO = re.compile(r"data:audio/[a-z0-9.+-]+(?:;codecs=[a-z0-9.]+)?;base64,[A-Za-z0-9+/=]+")
_WAVE_HEIGHT = 100


def render_report(
    report: CallReport,
    waveform: Waveform | None,
    audio_data_uri: str | None,
    titles: Mapping[str, str] | None = None,
    scorecard: Scorecard | None = None,
    lesson: LessonResult | None = None,
    forms: tuple[Form, ...] = (),
) -> str:
    """The page as text. Speech is masked and escaped; the page may not reach any network.

    ``audio_data_uri`` is a base64 ``data:audio/...`` address holding the whole recording; without
    one the page shows everything and plays nothing. ``titles`` names situations by their id.
    ``scorecard`` adds the score, ``lesson`` what a practice call expected,
    ``forms`` what a reviewer answers.
    """
    if audio_data_uri is not None and not _AUDIO.fullmatch(audio_data_uri):
        raise BadInputError("the recording must be given as 'data:audio/<type>;base64,<data>'")
    style = (_HERE / "static" / "report.css").read_text(encoding="utf-8")
    script = (_HERE / "static" / "report.js").read_text(encoding="utf-8")
    end_ms = max(
        report.duration_ms,
        *(turn.end_ms for turn in report.utterances),
        len(waveform.peaks[0]) * waveform.ms_per_peak if waveform and waveform.peaks else 0,
        1,
    )
    view = ReviewView(report, titles or {})
    template = _environment().get_template("report.html.j2")
    return template.render(
        report=report,
        scorecard=scorecard,
        lesson=lesson,
        forms=forms,
        view=view,
        labels=labels,
        end_ms=end_ms,
        ticks=_ticks(end_ms),
        waves=_waves(report, waveform),
        wave_ms_per_peak=waveform.ms_per_peak if waveform else 0,
        audio=audio_data_uri,
        style=Markup(style),
        script=Markup(script),
        policy=_policy(style, script),
    )


@lru_cache(maxsize=1)
def _environment() -> Environment:
    """Templates are compiled once for all reports."""
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "clock": labels.clock,
        "lasting": labels.length,
        "masked": mask,
        "percent": labels.percent,
        "across": _across,
    }
    return environment


@pass_context
def _across(context: Context, at_ms: int) -> str:
    """Where on the call's line a moment stands."""
    end_ms: int = context["end_ms"]
    return f"{min(max(at_ms, 0), end_ms) * 100 / end_ms:.3f}%"


def _policy(style: str, script: str) -> str:
    """A Content-Security-Policy that runs this page's own script and style and nothing else."""

    def digest(text: str) -> str:
        return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()

    return (
        "default-src 'none'; "
        f"style-src 'sha256-{digest(style)}'; script-src 'sha256-{digest(script)}'; "
        "media-src data:; base-uri 'none'; form-action 'none'"
    )


def _waves(report: CallReport, waveform: Waveform | None) -> dict[str, tuple[str, int, int]]:
    """Per channel the outline's path, its width in peaks and its height."""
    if waveform is None:
        return {}
    return {
        channel: (outline(waveform, i, _WAVE_HEIGHT), len(waveform.peaks[i]), _WAVE_HEIGHT)
        for i, channel in enumerate(report.channels)
        if i < len(waveform.peaks) and waveform.peaks[i]
    }


def _ticks(end_ms: int) -> tuple[int, ...]:
    """Round moments for the time axis, at most a dozen."""
    steps = (1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000)
    step = next((step for step in steps if end_ms / step <= 12), 1_800_000)
    return tuple(range(0, end_ms, step))
