"""Texts to sound files by pyttsx3, in a process of its own.

pyttsx3 takes its process down with it when its engine fails, and now and then writes an empty
file. The child runs this module: it reads one JSON line, a list of texts, writes ``0.wav``,
``1.wav``, … into a folder, and answers with one JSON line.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from agent_assist.adapters.speech import choose_voice
from agent_assist.errors import AgentAssistError

RATE = 290
"""As people speak on the telephone: about five syllables a second with espeak-ng."""
TRIES = 3
EMPTY_BYTES = 1_000
SECONDS_A_TEXT = 10.0
FIRST_S = 30.0
NO_VOICE = "no Mandarin voice; apt-get install espeak-ng, or add one to the system"


class VoiceError(AgentAssistError):
    """There is no voice, or it does not speak."""


def synthesise(
    texts: Sequence[str],
    folder: Path,
    command: Sequence[str] = (sys.executable, "-m", __name__),
) -> list[Path]:
    """Say every text into a file of its own in ``folder``; raises VoiceError."""
    try:
        done = subprocess.run(
            [*command, str(folder)],
            input=json.dumps(list(texts)) + "\n",
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=FIRST_S + SECONDS_A_TEXT * len(texts),
            check=False,
        )
        problem = str(json.loads(done.stdout)["problem"])
    except subprocess.TimeoutExpired:
        raise VoiceError("the voice does not end") from None
    except (OSError, ValueError, KeyError, TypeError):
        raise VoiceError("the voice's process died") from None
    if problem:
        raise VoiceError(problem)
    return [folder / f"{i}.wav" for i in range(len(texts))]


# ── the child ──────────────────────────────────────────────────────────────────────────────────


def say_all(texts: Sequence[str], folder: Path, engine: Any) -> str:
    """Say every text into its file; what went wrong, in one line, else nothing."""
    voice = choose_voice(list(engine.getProperty("voices")))
    if voice is None:
        return NO_VOICE
    engine.setProperty("rate", RATE)
    _settle(folder, engine)
    engine.setProperty("voice", voice)
    for i, text in enumerate(texts):
        if not _say(text, folder / f"{i}.wav", engine):
            return f"text {i + 1} of {len(texts)} cannot be said"
    return ""


def _settle(folder: Path, engine: Any) -> None:
    """Let the engine say something, so that it has done all that it was told to before.

    espeak-ng takes its rate in a thread of its own but its voice at once; where the thread still is
    at a rate when the voice is set, that rate is now and then lost.
    """
    first = folder / "first.wav"
    _say("a", first, engine)
    first.unlink(missing_ok=True)


def _say(text: str, target: Path, engine: Any) -> bool:
    for _ in range(TRIES):
        engine.save_to_file(text, str(target))
        engine.runAndWait()
        if target.is_file() and target.stat().st_size > EMPTY_BYTES:
            return True
    return False


def serve(line: str, folder: Path) -> str:
    """The answer to a request."""
    try:
        import pyttsx3  # noqa: PLC0415 - only the child needs it

        problem = say_all(json.loads(line), folder, pyttsx3.init())
    except Exception as error:  # whatever the system's voice raises
        problem = f"no voice: {error or type(error).__name__}"
    return json.dumps({"problem": " ".join(problem.split())})


if __name__ == "__main__":
    own = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    sys.stdin.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    print(serve(sys.stdin.readline(), Path(sys.argv[1])), file=own, flush=True)
