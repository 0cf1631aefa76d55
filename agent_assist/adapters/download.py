"""Fetching a model archive over HTTP: resumed where it stopped, checked, unpacked safely."""

from __future__ import annotations

import errno
import hashlib
import http.client
import json
import shutil
import stat
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from agent_assist.errors import ModelError

CHUNK = 1 << 18
TIMEOUT_S = 30
MAX_BREAKS = 5
"""Broken connections in a row, without a byte between them, after which fetching ends."""
MAX_FILES = 10_000
SPARE_BYTES = 100_000_000
"""Room that must stay free on the disk."""
_GONE = (404, 410)
_RANGE_REFUSED = 416
_LOST = (http.client.HTTPException, ConnectionError, TimeoutError)

Progress = Callable[[int, int | None], None]
"""Told how many bytes are there, and of how many if that is known."""


class BadArchiveError(ModelError):
    """An archive that can never be unpacked."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What is known about an archive; None is not checked.

    ``about_bytes`` is a published, rounded size: an archive far from it is another file.
    """

    size_bytes: int | None = None
    about_bytes: int | None = None
    md5: str | None = None
    sha256: str | None = None


def download(url: str, target: Path, expected: Expected, progress: Progress) -> None:
    """Fetch ``url`` to ``target``; what a broken attempt left behind is continued.

    The bytes grow in ``target`` + ``.part``; an archive that is not what was expected is deleted.
    """
    if urllib.parse.urlsplit(url).scheme not in ("http", "https"):
        raise ModelError(f"{url}: only http and https addresses can be fetched")
    transfer = _Transfer(url, target, expected, progress)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        transfer.run()
        check(transfer.part, expected, url)
        transfer.part.replace(target)
        transfer.memo.unlink(missing_ok=True)
    except OSError as error:
        raise ModelError(_on_disk(target, error)) from None


def check(archive: Path, expected: Expected, shown: str, delete: bool = True) -> None:
    """Size and digests as published; raises ModelError, and can delete a file that differs."""
    size = archive.stat().st_size
    digests = {"md5": hashlib.md5(usedforsecurity=False), "sha256": hashlib.sha256()}
    with archive.open("rb") as file:
        while block := file.read(CHUNK):
            for digest in digests.values():
                digest.update(block)
    fault = ""
    if expected.size_bytes is not None and size != expected.size_bytes:
        fault = f"has {size} bytes instead of {expected.size_bytes}"
    for name, digest in digests.items():
        wanted = getattr(expected, name)
        if wanted is not None and digest.hexdigest() != wanted:
            fault = f"has the {name} {digest.hexdigest()} instead of {wanted}"
    if fault and delete:
        archive.unlink()
    if fault:
        was = "it was deleted, " if delete else ""
        raise ModelError(f"{shown}: {fault}; {was}fetch it again")


class _Transfer:
    """One archive on its way, over as many connections as it takes."""

    def __init__(self, url: str, target: Path, expected: Expected, progress: Progress) -> None:
        self.part = target.with_name(f"{target.name}.part")
        self.memo = target.with_name(f"{target.name}.part.json")
        self._url, self._expected, self._progress = url, expected, progress
        self._total: int | None = None

    def run(self) -> None:
        breaks = 0
        while breaks < MAX_BREAKS:
            before = self._there()
            try:
                if self._continue():
                    return
                breaks = 0 if self._there() > before else breaks + 1
            except urllib.error.HTTPError as error:
                error.close()
                raise ModelError(self._refused(error)) from None
            except urllib.error.URLError as error:
                if before or not isinstance(error.reason, OSError):
                    breaks += 1
                    continue
                raise ModelError(self._unreachable(error)) from None
        whole = f" of {self._total / 1e6:.1f} MB" if self._total else ""
        done = f"{self._there() / 1e6:.1f} MB{whole}"
        raise ModelError(
            f"{self._url}: the connection broke off after {done}; run the same command again,"
            " it goes on from there"
        )

    def _there(self) -> int:
        return self.part.stat().st_size if self.part.exists() else 0

    def _continue(self) -> bool:
        """One connection; whether everything is there after it."""
        have, mark = self._there(), self._mark()
        if have and not mark:
            have = 0  # nothing proves that the rest would belong to the same file
        request = urllib.request.Request(self._url, headers={"User-Agent": "agent-assist"})
        if have:
            request.add_header("Range", f"bytes={have}-")
            request.add_header("If-Range", mark)
        try:
            answer = urllib.request.urlopen(request, timeout=TIMEOUT_S)
        except urllib.error.HTTPError as error:
            if error.code == _RANGE_REFUSED and have:  # too much is there: start anew
                error.close()
                self.part.unlink()
                return False
            raise
        except _LOST:
            return False
        with answer:
            if answer.status != http.HTTPStatus.PARTIAL_CONTENT:
                have = 0
            length = answer.headers.get("Content-Length")
            self._total = have + int(length) if length and length.isdigit() else None
            self._refuse_another_file()
            self._remember(answer.headers.get("ETag") or answer.headers.get("Last-Modified") or "")
            self._receive(answer, have)
        return self._total is None or self._there() == self._total

    def _receive(self, answer: Any, have: int) -> None:
        free = shutil.disk_usage(self.part.parent).free
        if self._total is not None and free < self._total - have + SPARE_BYTES:
            raise OSError(errno.ENOSPC, "No space left on device")
        with self.part.open("ab" if have else "wb") as file:
            while True:
                try:
                    block = answer.read(CHUNK)
                except _LOST:
                    if self._total is None:  # no length to tell a whole file by
                        file.truncate(0)
                    return
                if not block:
                    return
                file.write(block)
                have += len(block)
                self._progress(have, self._total)

    def _refuse_another_file(self) -> None:
        total, exact, about = self._total, self._expected.size_bytes, self._expected.about_bytes
        if total is None:
            return
        wrong = total != exact if exact is not None else about and abs(total / about - 1) > 0.2
        if wrong:
            self.part.unlink(missing_ok=True)
            raise ModelError(
                f"{self._url}: the server offers {total} bytes instead of"
                f" {exact if exact is not None else f'about {about}'}; it is not this archive"
            )

    def _mark(self) -> str:
        try:
            kept = json.loads(self.memo.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return ""
        return str(kept.get("mark", "")) if kept.get("url") == self._url else ""

    def _remember(self, mark: str) -> None:
        kept = {"url": self._url, "mark": "" if mark.startswith("W/") else mark}
        self.memo.write_text(json.dumps(kept), encoding="utf-8")

    def _refused(self, error: urllib.error.HTTPError) -> str:
        if error.code in _GONE:
            return f"{self._url}: not found there ({error.code}); look for it on the models' page"
        return f"{self._url}: the server answered {error.code} {error.reason}; try again later"

    def _unreachable(self, error: urllib.error.URLError) -> str:
        host = urllib.parse.urlsplit(self._url).hostname
        return (
            f"{host} cannot be reached ({error.reason}); fetch {self._url} on another computer"
            " and give the file with --archive"
        )


def unpack(archive: Path, target: Path, limit_bytes: int) -> None:
    """Unpack a zip's one folder as ``target``, which must not exist.

    Refuses names that lead out of the folder, links, encrypted entries and more than
    ``limit_bytes``; every entry's checksum is verified.
    """
    staging = target.with_name(f".{target.name}.unpacking")
    shutil.rmtree(staging, ignore_errors=True)
    try:
        with zipfile.ZipFile(archive) as file:
            entries = file.infolist()
            _check_entries(archive, entries, limit_bytes)
            if shutil.disk_usage(target.parent).free < _size(entries) + SPARE_BYTES:
                raise OSError(errno.ENOSPC, "No space left on device")
            left = limit_bytes
            for entry in entries:
                left -= _write(file, entry, staging, left)
        tops = list(staging.iterdir())
        inner = tops[0] if len(tops) == 1 and tops[0].is_dir() else staging
        inner.replace(target)
    except (zipfile.BadZipFile, EOFError, NotImplementedError) as error:
        raise BadArchiveError(
            f"{archive}: no whole zip archive ({error}); fetch it again"
        ) from None
    except OSError as error:
        raise ModelError(_on_disk(target, error)) from None
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _check_entries(archive: Path, entries: list[zipfile.ZipInfo], limit_bytes: int) -> None:
    if not entries:
        raise BadArchiveError(f"{archive}: an empty archive")
    if len(entries) > MAX_FILES or _size(entries) > limit_bytes:
        raise BadArchiveError(
            f"{archive}: would unpack to {len(entries)} files of {_size(entries)} bytes,"
            f" more than {MAX_FILES} files or {limit_bytes} bytes; it is no model"
        )
    for entry in entries:
        path = PurePosixPath(entry.filename)
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if path.is_absolute() or ".." in path.parts or set("\\:\0") & set(entry.filename):
            raise BadArchiveError(
                f"{archive}: holds the unsafe name {entry.filename!r}; not unpacked"
            )
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise BadArchiveError(f"{archive}: {entry.filename!r} is no plain file; not unpacked")
        if entry.flag_bits & 1:
            raise BadArchiveError(f"{archive}: {entry.filename!r} is encrypted; not unpacked")


def _size(entries: list[zipfile.ZipInfo]) -> int:
    return sum(entry.file_size for entry in entries)


def _write(file: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path, limit: int) -> int:
    """Unpack one entry, believing no length that the archive states; returns its bytes."""
    place = folder / entry.filename
    if entry.is_dir():
        place.mkdir(parents=True, exist_ok=True)
        return 0
    place.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    with file.open(entry) as source, place.open("xb") as sink:
        while block := source.read(CHUNK):
            written += len(block)
            if written > limit:
                raise BadArchiveError(
                    f"{file.filename}: unpacks to more than it states; not unpacked"
                )
            sink.write(block)
    return written


def _on_disk(target: Path, error: OSError) -> str:
    if error.errno == errno.ENOSPC:
        return f"{target.parent}: the disk is full; make room and run the same command again"
    return f"{error.filename or target}: cannot be written: {error.strerror or error}"
