"""Recordings of live calls: exactly the sound that was heard, and where some of it was missing.

A recording is a WAV file of 16-bit samples at 16 kHz. Its header is brought up to date with every
write, so a killed program leaves a whole file. Beside it stand ``NAME.meta.yaml``, the call's
particulars as replay reads them, and ``NAME.gaps.jsonl`` if there were gaps.
"""

from __future__ import annotations

import json
import logging
import os
import struct
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from agent_assist.adapters.audio_file import AudioFile
from agent_assist.core.call import CallMeta
from agent_assist.core.codec import from_json, to_json
from agent_assist.core.events import AudioGap, Channel, HungUpBy
from agent_assist.core.framing import FRAME_SAMPLES, SAMPLE_RATE, AudioFrame
from agent_assist.errors import BadInputError

HEADER_BYTES = 44
LONGEST_BYTES = 2**32 - HEADER_BYTES
GAPS, META = ".gaps.jsonl", ".meta.yaml"
DAY_S = 86_400
_log = logging.getLogger(__name__)


class Recorder:
    """Takes frames and gaps of one call as they are heard; a full disk ends it, not the call."""

    def __init__(self, path: Path, channels: tuple[Channel, ...], meta: CallMeta) -> None:
        self.path = path
        self._channels = channels
        self._meta = meta
        self._frames = 0
        self._bytes = 0
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        try:
            self._file = os.open(path, flags, 0o600)
            os.write(self._file, self._header())
            self._write_meta("unknown")
        except OSError as error:
            raise BadInputError(f"{path}: cannot be recorded: {error.strerror}") from None

    def write(self, item: AudioFrame | AudioGap) -> None:
        """Keep a frame, or note a gap."""
        if isinstance(item, AudioFrame):
            self._frames += item.samples.shape[1] // FRAME_SAMPLES
        if self._file < 0:
            return
        try:
            if isinstance(item, AudioGap):
                self._note(item)
            elif self._bytes < LONGEST_BYTES - item.samples.nbytes:
                self._append(item.samples.T.astype("<i2").tobytes())
        except OSError as error:
            _log.error("%s: the recording ends here: %s", self.path, error.strerror)
            self._close_file()

    def close(self, hung_up_by: HungUpBy = "unknown") -> None:
        """The call is over."""
        if self._file >= 0:
            self._close_file()
            try:
                self._write_meta(hung_up_by)
            except OSError as error:
                _log.error("%s: particulars are not complete: %s", self.path, error.strerror)

    def _append(self, sound: bytes) -> None:
        """Sound first, then the header that counts it."""
        written = 0
        os.lseek(self._file, HEADER_BYTES + self._bytes, os.SEEK_SET)
        while written < len(sound):
            written += os.write(self._file, sound[written:])
        self._bytes += len(sound)
        os.lseek(self._file, 0, os.SEEK_SET)
        os.write(self._file, self._header())

    def _header(self) -> bytes:
        count = len(self._channels)
        form = struct.pack("<HHIIHH", 1, count, SAMPLE_RATE, SAMPLE_RATE * 2 * count, 2 * count, 16)
        riff = struct.pack("<4sI4s", b"RIFF", HEADER_BYTES - 8 + self._bytes, b"WAVE")
        return (
            riff
            + struct.pack("<4sI", b"fmt ", 16)
            + form
            + struct.pack("<4sI", b"data", self._bytes)
        )

    def _note(self, gap: AudioGap) -> None:
        line = json.dumps({"after_frames": self._frames, "gap": json.loads(to_json(gap))})
        with self.path.with_suffix(GAPS).open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def _write_meta(self, hung_up_by: HungUpBy) -> None:
        """JSON strings are YAML strings; the old file stands until the new one is whole."""
        meta = self._meta
        agent = {"id": meta.agent_id, "name": meta.agent_name}
        customer = {"surname": meta.customer_surname, "title": meta.customer_title}
        facts = {
            "call_id": meta.call_id,
            "desk": meta.desk,
            "agent": agent,
            "started_at": meta.started_at,
            "hung_up_by": hung_up_by,
            "direction": meta.direction,
            "customer": customer,
        }
        lines = [
            f"{key}: {json.dumps(value, ensure_ascii=False)}\n" for key, value in facts.items()
        ]
        target = self.path.with_suffix(META)
        draft = target.with_name(target.name + ".part")
        draft.write_text("".join(lines), encoding="utf-8")
        draft.replace(target)

    def _close_file(self) -> None:
        os.close(self._file)
        self._file = -1


class Recording:
    """A `Source`: a recording, with the gaps noted beside it where they were told."""

    def __init__(self, sound: AudioFile) -> None:
        self._sound = sound

    @property
    def channels(self) -> tuple[Channel, ...]:
        return self._sound.channels

    @property
    def duration_ms(self) -> int:
        return self._sound.duration_ms

    def __iter__(self) -> Iterator[AudioFrame | AudioGap]:
        gaps = deque(read_gaps(self._sound.path))
        for count, frame in enumerate(self._sound):
            while gaps and gaps[0][0] <= count:
                yield gaps.popleft()[1]
            yield frame
        yield from (gap for _, gap in gaps)


def read_gaps(recording: Path) -> list[tuple[int, AudioGap]]:
    """Where sound was missing in a recording: after how many frames it was told, and what.

    A last line without its end was being written when the program was killed.
    """
    path = recording.with_suffix(GAPS)
    gaps: list[tuple[int, AudioGap]] = []
    if not path.exists():
        return gaps
    *lines, _ = path.read_text(encoding="utf-8").split("\n")
    for number, line in enumerate(lines, start=1):
        try:
            noted = json.loads(line)
            gap = from_json(json.dumps(noted["gap"]))
            after = int(noted["after_frames"])
        except (ValueError, KeyError, TypeError, BadInputError):
            raise BadInputError(f"{path}:{number}: is no note of a gap") from None
        if isinstance(gap, AudioGap):
            gaps.append((after, gap))
    return gaps


def delete_older(folder: Path, days: int, now_s: float | None = None) -> list[Path]:
    """Delete recordings, with what stands beside them, that were last written over ``days`` ago.

    Only what looks like a recording of this program is touched: a WAV file with its particulars.
    """
    limit_s = (time.time() if now_s is None else now_s) - days * DAY_S
    deleted: list[Path] = []
    for sound in sorted(folder.glob("*.wav")):
        meta = sound.with_suffix(META)
        try:
            if meta.is_file() and sound.stat().st_mtime < limit_s:
                for path in (sound, meta, sound.with_suffix(GAPS)):
                    path.unlink(missing_ok=True)
                deleted.append(sound)
        except OSError as error:
            _log.error("%s: cannot be deleted: %s", sound, error.strerror)
    return deleted
