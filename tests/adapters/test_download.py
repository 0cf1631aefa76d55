"""Archives fetched from a real server that breaks off, lies and sends harm."""

from __future__ import annotations

import hashlib
import io
import re
import stat
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from agent_assist.adapters import download as module
from agent_assist.adapters.download import Expected, download, unpack
from agent_assist.errors import ModelError

BODY = bytes(range(256)) * 4_000  # about a megabyte
LIMIT = 10_000_000


class Shop(ThreadingHTTPServer):
    """Serves one body; ``break_after`` cuts that many answers short, ``ranges`` allows resuming."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Clerk)
        self.body = BODY
        self.etag = '"one"'
        self.breaks = 0
        self.ranges = True
        self.status = 0
        self.stated: int | None = None
        self.asked: list[str | None] = []

    def url(self, path: str = "/model.zip") -> str:
        return f"http://127.0.0.1:{self.server_address[1]}{path}"


class Clerk(BaseHTTPRequestHandler):
    server: Shop

    def do_GET(self) -> None:
        shop = self.server
        wanted = self.headers.get("Range")
        shop.asked.append(wanted)
        if shop.status or self.path != "/model.zip":
            self.send_error(shop.status or 404)
            return
        start = 0
        if shop.ranges and wanted and self.headers.get("If-Range") == shop.etag:
            start = int(re.fullmatch(r"bytes=(\d+)-", wanted)[1])  # type: ignore[index]
            if start >= len(shop.body):
                self.send_error(416)
                return
        self.send_response(206 if start else 200)
        rest = shop.body[start:]
        self.send_header("Content-Length", str(shop.stated or len(rest)))
        self.send_header("ETag", shop.etag)
        self.end_headers()
        if shop.breaks > 0:
            shop.breaks -= 1
            rest = rest[: len(rest) // 2]
        self.wfile.write(rest)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def shop() -> Iterator[Shop]:
    server = Shop()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def ignore(done: int, total: int | None) -> None:
    pass


def test_a_whole_file_arrives_with_its_progress(shop: Shop, tmp_path: Path) -> None:
    told: list[tuple[int, int | None]] = []
    expected = Expected(len(BODY), None, hashlib.md5(BODY).hexdigest())
    download(shop.url(), tmp_path / "new" / "m.zip", expected, lambda *now: told.append(now))
    assert (tmp_path / "new" / "m.zip").read_bytes() == BODY
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["m.zip"]
    assert told[-1] == (len(BODY), len(BODY))
    assert told == sorted(told)


def test_a_broken_connection_is_continued(shop: Shop, tmp_path: Path) -> None:
    shop.breaks = 3
    download(shop.url(), tmp_path / "m.zip", Expected(len(BODY)), ignore)
    assert (tmp_path / "m.zip").read_bytes() == BODY
    half = len(BODY) // 2
    assert shop.asked[:2] == [None, f"bytes={half}-"]


def test_what_an_interrupted_run_left_is_continued(shop: Shop, tmp_path: Path) -> None:
    def give_up(done: int, total: int | None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        download(shop.url(), tmp_path / "m.zip", Expected(), give_up)
    there = (tmp_path / "m.zip.part").stat().st_size
    assert 0 < there < len(BODY)
    download(shop.url(), tmp_path / "m.zip", Expected(), ignore)
    assert shop.asked == [None, f"bytes={there}-"]
    assert (tmp_path / "m.zip").read_bytes() == BODY


@pytest.mark.parametrize("change", ["etag", "no ranges"])
def test_a_rest_of_another_file_is_never_joined_on(shop: Shop, tmp_path: Path, change: str) -> None:
    shop.breaks, shop.status = 1, 0
    with pytest.raises(KeyboardInterrupt):
        download(shop.url(), tmp_path / "m.zip", Expected(), interrupt)
    shop.breaks = 0
    shop.body = BODY[::-1]
    if change == "etag":
        shop.etag = '"two"'
    else:
        shop.ranges = False
    download(shop.url(), tmp_path / "m.zip", Expected(), ignore)
    assert (tmp_path / "m.zip").read_bytes() == BODY[::-1]


def interrupt(done: int, total: int | None) -> None:
    raise KeyboardInterrupt


def test_a_connection_that_always_breaks_is_given_up(shop: Shop, tmp_path: Path) -> None:
    shop.body, shop.breaks = b"x", 99
    with pytest.raises(ModelError, match=r"broke off after 0\.0 MB.*run the same command again"):
        download(shop.url(), tmp_path / "m.zip", Expected(), ignore)
    assert len(shop.asked) == module.MAX_BREAKS


def test_another_size_is_refused_before_it_is_fetched(shop: Shop, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"offers 1024000 bytes instead of 5;"):
        download(shop.url(), tmp_path / "m.zip", Expected(5), ignore)
    with pytest.raises(ModelError, match=r"instead of about 42000000;"):
        download(shop.url(), tmp_path / "m.zip", Expected(None, 42_000_000), ignore)
    assert not list(tmp_path.glob("*.part"))
    download(shop.url(), tmp_path / "m.zip", Expected(None, 1_100_000), ignore)


@pytest.mark.parametrize("kind", ["md5", "sha256"])
def test_another_content_is_deleted(shop: Shop, tmp_path: Path, kind: str) -> None:
    expected = Expected(None, None, **{kind: "0" * 32})
    with pytest.raises(ModelError, match=f"has the {kind} .* instead of 000"):
        download(shop.url(), tmp_path / "m.zip", expected, ignore)
    assert not list(tmp_path.glob("m.zip*")) or [p.name for p in tmp_path.iterdir()] == [
        "m.zip.part.json"
    ]


@pytest.mark.parametrize(
    ("status", "complaint"), [(404, "not found there"), (503, "answered 503"), (403, "403")]
)
def test_refusals_are_told_in_one_line(
    shop: Shop, tmp_path: Path, status: int, complaint: str
) -> None:
    shop.status = status
    with pytest.raises(ModelError, match=complaint) as caught:
        download(shop.url(), tmp_path / "m.zip", Expected(), ignore)
    assert "\n" not in str(caught.value)


def test_no_network_names_the_way_around(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"127\.0\.0\.1 cannot be reached .*--archive"):
        download("http://127.0.0.1:9/m.zip", tmp_path / "m.zip", Expected(), ignore)
    with pytest.raises(ModelError, match="only http"):
        download("file:///etc/passwd", tmp_path / "m.zip", Expected(), ignore)


def test_a_full_disk_is_told(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SPARE_BYTES", 1 << 60)
    with pytest.raises(ModelError, match="the disk is full"):
        download(shop.url(), tmp_path / "m.zip", Expected(), ignore)


def test_a_place_that_cannot_be_written_is_told(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ModelError, match="cannot be written"):
        download(shop.url(), tmp_path / "file" / "m.zip", Expected(), ignore)


def pack(path: Path, entries: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in entries.items():
            file.writestr(name, content)
    return path


def test_the_one_folder_of_an_archive_becomes_the_target(tmp_path: Path) -> None:
    archive = pack(tmp_path / "m.zip", {"m-1/am/final.mdl": b"net", "m-1/README": b"read me"})
    unpack(archive, tmp_path / "m", LIMIT)
    assert (tmp_path / "m" / "am" / "final.mdl").read_bytes() == b"net"
    flat = pack(tmp_path / "flat.zip", {"am/final.mdl": b"net", "README": b"read me"})
    unpack(flat, tmp_path / "flat", LIMIT)
    assert (tmp_path / "flat" / "am" / "final.mdl").read_bytes() == b"net"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["flat", "flat.zip", "m", "m.zip"]


@pytest.mark.parametrize(
    "name", ["../evil", "/etc/evil", "m/../../evil", "m\\..\\evil", "C:evil", "m/a:stream"]
)
def test_names_that_lead_outside_are_refused(tmp_path: Path, name: str) -> None:
    archive = pack(tmp_path / "m.zip", {"m/good": b"", name: b"harm"})
    with pytest.raises(ModelError, match="unsafe name"):
        unpack(archive, tmp_path / "m", LIMIT)
    assert [p.name for p in tmp_path.iterdir()] == ["m.zip"]


def test_links_are_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("m/link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "m.zip", "w") as file:
        file.writestr(link, "/etc/passwd")
    with pytest.raises(ModelError, match="no plain file"):
        unpack(tmp_path / "m.zip", tmp_path / "m", LIMIT)


def test_a_bomb_is_refused(tmp_path: Path) -> None:
    archive = pack(tmp_path / "m.zip", {"m/zeros": bytes(20_000_000)})
    with pytest.raises(ModelError, match="20000000 bytes, more than"):
        unpack(archive, tmp_path / "m", LIMIT)
    raw = bytearray(archive.read_bytes())
    at = raw.rindex(b"PK\x01\x02")
    raw[at + 24 : at + 28] = (1000).to_bytes(4, "little")  # the stated size is a lie
    archive.write_bytes(raw)
    with pytest.raises(ModelError):
        unpack(archive, tmp_path / "m", LIMIT)
    assert [p.name for p in tmp_path.iterdir()] == ["m.zip"]


def test_damaged_archives_are_refused(tmp_path: Path) -> None:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as file:
        file.writestr("m/data", b"precious" * 1000)
    damaged = bytearray(whole.getvalue())
    damaged[4000] ^= 1
    for content in (bytes(damaged), whole.getvalue()[:500], b"<html>no such page</html>", b""):
        (tmp_path / "m.zip").write_bytes(content)
        with pytest.raises(ModelError, match="no whole zip archive"):
            unpack(tmp_path / "m.zip", tmp_path / "m", LIMIT)
    assert [p.name for p in tmp_path.iterdir()] == ["m.zip"]
