"""Spoken prompts by pyttsx3, in a process of its own.

pyttsx3 blocks while it speaks and takes its process down with it when its engine fails. The child
runs this module, reads one JSON line for each text and answers each with one; to be silent at once
it is ended, and another one takes its place.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TextIO

RATE = 220
"""Words a minute; Mandarin counts syllables."""
PLAYERS = (("paplay",), ("pw-play",), ("aplay", "-q"))
MANDARIN = ("sit/cmn", "cmn", "mandarin", "zh-cn", "zh_cn", "huihui", "tingting", "ting-ting")
"""What a Mandarin voice's id or name has in it, best first: espeak-ng, SAPI, NSSpeech."""
MOST_DEATHS = 3
DEATHS_WITHIN_S = 60.0
LONGEST_S = 60.0
DIED, TIRED = "the voice's process died", "the voice died too often; it rests for a minute"
_log = logging.getLogger(__name__)


class Speaker:
    """Says one text at a time, from any thread, without making anybody wait.

    A text replaces one that still waits. A child that dies is replaced, unless it dies too often.
    """

    def __init__(self, command: tuple[str, ...] = (sys.executable, "-m", __name__)) -> None:
        self._folder = TemporaryDirectory(prefix="agent-assist-voice-")
        self._command = (*command, self._folder.name)
        self._news = threading.Condition()
        self._next: str | None = None
        self._saying = False
        self._closed = False
        self._cancelled = False
        self._problem = ""
        self._deaths: list[float] = []
        self._child: subprocess.Popen[str] | None = None
        self._thread = threading.Thread(target=self._work, name="speaker", daemon=True)
        self._thread.start()

    def say(self, text: str) -> None:
        """Say this next, in place of anything not begun yet."""
        with self._news:
            self._next = text
            self._news.notify_all()

    def cancel(self) -> None:
        """Be silent at once."""
        with self._news:
            self._next = None
            if self._saying and self._child:
                self._cancelled = True
                _kill(self._child)

    def wait(self, timeout_s: float = LONGEST_S) -> str:
        """Wait until all was said; what went wrong, in one line, else nothing."""
        with self._news:
            quiet = self._news.wait_for(lambda: not self._saying and self._next is None, timeout_s)
            return self._problem if quiet else "the voice does not end"

    def close(self) -> None:
        """Be silent for good."""
        with self._news:
            self._closed = True
            self._next = None
            if self._child:
                _kill(self._child)
                self._let_go(self._child)
            self._news.notify_all()
        self._thread.join(2.0)
        self._folder.cleanup()

    @property
    def child_id(self) -> int | None:
        """The child's process id, while there is one."""
        child = self._child
        return child.pid if child and child.poll() is None else None

    def _work(self) -> None:
        while True:
            with self._news:
                self._news.wait_for(lambda: self._closed or self._next is not None)
                if self._closed:
                    return
                text, self._next = self._next or "", None
                self._saying, self._cancelled = True, False
            problem = self._say_somehow(text)
            with self._news:
                self._saying = False
                self._problem = "" if self._cancelled else problem
                if self._problem and not self._closed:
                    _log.warning("%s", self._problem)
                self._news.notify_all()

    def _say_somehow(self, text: str) -> str:
        """Say a text; a child found dead, or dying of it, is replaced once."""
        for _ in range(2):
            problem = self._say(text)
            if problem is not None:
                return problem
        return DIED

    def _say(self, text: str) -> str | None:
        """What went wrong, in one line, else nothing; None when the child died meanwhile."""
        child = self._living_child()
        if child is None:
            return "" if self._cancelled or self._closed else TIRED
        try:
            assert child.stdin and child.stdout
            child.stdin.write(json.dumps({"say": text}) + "\n")
            child.stdin.flush()
            return str(json.loads(child.stdout.readline())["problem"])
        except (OSError, ValueError, KeyError):
            with self._news:
                _kill(child)
                child.wait()
                if self._cancelled or self._closed:
                    return ""
                self._deaths.append(time.monotonic())
                return None

    def _living_child(self) -> subprocess.Popen[str] | None:
        with self._news:
            if self._child and self._child.poll() is None:
                return self._child
            recent_s = time.monotonic() - DEATHS_WITHIN_S
            self._deaths = [death for death in self._deaths if death > recent_s]
            if self._closed or len(self._deaths) >= MOST_DEATHS:
                return None
            if self._child:
                self._let_go(self._child)
            self._child = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                encoding="utf-8",
                start_new_session=True,
            )
            return self._child

    @staticmethod
    def _let_go(child: subprocess.Popen[str]) -> None:
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe:
                with contextlib.suppress(OSError):
                    pipe.close()


def _kill(child: subprocess.Popen[str]) -> None:
    """End a child and the player it started."""
    if sys.platform == "win32":
        child.kill()
        return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)


# ── the child ──────────────────────────────────────────────────────────────────────────────────


def choose_voice(voices: list[Any]) -> str | None:
    """The id of the best Mandarin voice."""
    for wanted in MANDARIN:
        for voice in voices:
            if wanted in f"{voice.id} {voice.name}".lower():
                return str(voice.id)
    return None


def speak(engine: Any, text: str, folder: Path) -> None:
    """Say a text and return when it was said.

    On Linux pyttsx3 itself plays through one program only, so the sound goes through a file.
    """
    if sys.platform != "linux":
        engine.say(text)
        engine.runAndWait()
        return
    player = next((p for p in PLAYERS if shutil.which(p[0])), None)
    if player is None:
        raise RuntimeError("no player: apt-get install pulseaudio-utils")
    file = folder / "line.wav"
    engine.save_to_file(text, str(file))
    engine.runAndWait()
    subprocess.run([*player, str(file)], check=True, stdout=subprocess.DEVNULL)


def serve(lines: TextIO, answers: TextIO, folder: Path) -> None:
    """Say every text that comes in; an engine that cannot be had is told for each."""
    problem = ""
    engine: Any = None
    try:
        import pyttsx3  # noqa: PLC0415 - only the child needs it

        engine = pyttsx3.init()
        voice = choose_voice(list(engine.getProperty("voices")))
        if voice is None:
            problem = "no Mandarin voice; apt-get install espeak-ng, or add one to the system"
        else:
            engine.setProperty("voice", voice)
            engine.setProperty("rate", RATE)
    except Exception as error:  # whatever the system's voice raises
        problem = f"no voice: {error or type(error).__name__}"
    for line in lines:
        told = problem
        if not told:
            try:
                speak(engine, str(json.loads(line)["say"]), folder)
            except Exception as error:
                told = f"cannot be said: {error}"
        print(json.dumps({"problem": " ".join(told.split())}), file=answers, flush=True)


if __name__ == "__main__":
    own = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    sys.stdin.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    serve(sys.stdin, own, Path(sys.argv[1]))
