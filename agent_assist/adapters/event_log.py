"""The log of a call: a header line, then one event a line, as JSON.

Every line is handed to the system as soon as it is known, so a killed program loses nothing but
the line it was writing. A last line without its end is therefore no error when reading.
"""

from __future__ import annotations

import errno
import json
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

from agent_assist.core.codec import from_json, parse_object, to_json
from agent_assist.core.events import Event
from agent_assist.errors import BadInputError

FORMAT = 1
_log = logging.getLogger(__name__)


class LogWriter:
    """A `Sink` that writes a new log file; what stands in it is whole lines at any moment."""

    def __init__(self, path: Path, header: Mapping[str, Any]) -> None:
        self._path = path
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)
        try:
            self._file = os.open(path, flags, 0o600)
        except OSError as error:
            raise BadInputError(f"{path}: the log cannot be written: {error.strerror}") from None
        self._size = 0
        first = {"type": "header", "format": FORMAT, **header}
        try:
            self._write_line(json.dumps(first, ensure_ascii=False, separators=(",", ":")))
        except BaseException:
            self.close()
            raise

    def write(self, event: Event) -> None:
        """Write one event."""
        self._write_line(to_json(event))

    def close(self) -> None:
        """Close the file; closing twice does no harm."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def __enter__(self) -> LogWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _write_line(self, line: str) -> None:
        raw = line.encode("utf-8") + b"\n"
        written = 0
        try:
            while written < len(raw):
                written += os.write(self._file, raw[written:])
        except OSError as error:
            if written:
                os.ftruncate(self._file, self._size)
            full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
            why = "the disk is full" if full else str(error.strerror)
            message = f"{self._path}: {why}; the log is kept up to its last whole line"
            raise BadInputError(message) from None
        self._size += len(raw)


class Log(NamedTuple):
    """A log that was read; ``warning`` is empty unless something was passed over."""

    header: dict[str, Any]
    events: list[Event]
    warning: str


def load_log(path: Path) -> Log:
    """Read a whole log; a last line that was never finished is passed over with a warning."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise BadInputError(f"{path}: the log cannot be read: {error.strerror}") from None
    *lines, rest = raw.split(b"\n")
    if not lines:
        raise BadInputError(f"{path}:1: is not an event log: it has no header line")
    header = _read_header(path, lines[0])
    events = [_read_event(path, number, line) for number, line in enumerate(lines[1:], start=2)]
    warning = f"{path}:{len(lines) + 1}: the last line is cut off and was left out" if rest else ""
    return Log(header, events, warning)


def read_log(path: Path) -> tuple[dict[str, Any], list[Event]]:
    """Header and events of a log; a cut-off last line is only mentioned in the program's log."""
    header, events, warning = load_log(path)
    if warning:
        _log.warning(warning)
    return header, events


def _read_header(path: Path, line: bytes) -> dict[str, Any]:
    try:
        header = parse_object(line.decode("utf-8"))
    except (UnicodeDecodeError, BadInputError):
        raise BadInputError(f"{path}:1: is not an event log: its first line is no header") from None
    if header.get("type") != "header":
        raise BadInputError(f"{path}:1: is not an event log: its first line is no header")
    if header.get("format") != FORMAT:
        found = header.get("format")
        raise BadInputError(f"{path}:1: log format {found} is unknown; this version reads {FORMAT}")
    return header


def _read_event(path: Path, number: int, line: bytes) -> Event:
    try:
        return from_json(line.decode("utf-8"))
    except UnicodeDecodeError:
        raise BadInputError(f"{path}:{number}: is not UTF-8 text") from None
    except BadInputError as error:
        raise BadInputError(f"{path}:{number}: {error}") from None
