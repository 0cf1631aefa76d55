"""The web server: what it accepts, whom it refuses, and how it says so."""

from __future__ import annotations

import asyncio
import http.client
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from agent_assist.adapters.web_control import Caller, CallRefused, Page
from agent_assist.adapters.web_guard import LARGEST_BODY, is_local
from agent_assist.adapters.web_serve import WebServer
from agent_assist.adapters.web_server import make_app
from agent_assist.core.call import CallMeta
from agent_assist.core.events import HungUpBy
from agent_assist.errors import BadInputError

PAGE = Page("<!doctype html><title>话术助手</title>", "default-src 'none'")
CALL = {
    "call_id": "c-1",
    "desk": "vip",
    "agent": {"id": "1086", "name": "小周"},
    "customer": {"surname": "王", "title": "先生", "number": "138****0001"},
    "queue_wait_s": 35,
    "direction": "inbound",
    "started_at": "2026-05-12T10:20:00+08:00",
}
TOKEN = "k7f3-long-enough"


@dataclass(frozen=True)
class Answer:
    """What the app answered."""

    status_code: int
    headers: Mapping[str, str]
    text: str

    def json(self) -> Any:
        return json.loads(self.text)


class Client:
    """Speaks to an app without a network; keeps the cookie it is given."""

    def __init__(self, app: Any, host: str = "127.0.0.1:8765") -> None:
        self._app = app
        self._headers = {"host": host}

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        return asyncio.run(self._ask("GET", path, headers or {}, None))

    def post(
        self,
        path: str,
        content: object = None,
        headers: Mapping[str, str] | None = None,
        *,
        length: bool = True,
    ) -> Answer:
        """Post JSON, or bytes as they are."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        given = {"content-type": "application/json", **_lower(headers or {})}
        if length:
            given["content-length"] = str(len(body))
        return asyncio.run(self._ask("POST", path, given, body))

    async def _ask(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None
    ) -> Answer:
        sent: list[Any] = []
        given = {**self._headers, **_lower(headers)}
        path, _, query = path.partition("?")
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": [(k.encode(), v.encode("latin-1")) for k, v in given.items()],
        }

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body or b"", "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        await self._app(scope, receive, send)
        told = {k.decode(): v.decode() for k, v in sent[0]["headers"]}
        if "set-cookie" in told:
            self._headers["cookie"] = told["set-cookie"].partition(";")[0]
        text = b"".join(message.get("body", b"") for message in sent[1:]).decode()
        return Answer(sent[0]["status"], told, text)


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


class Recorded:
    """A control that notes what it is told."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.listeners: list[Callable[[], None]] = []
        self.refusal: CallRefused | None = None

    def snapshot(self) -> dict[str, Any]:
        told = len(self.calls)
        return {"at_ms": told, "call": None, "situation": {"id": ""}, "line": None, "chips": []}

    def listen(self, notify: Callable[[], None]) -> Callable[[], None]:
        self.listeners.append(notify)
        return lambda: self.listeners.remove(notify)

    def start_call(self, meta: CallMeta, caller: Caller | None = None) -> None:
        self._note("start", meta, caller)

    def end_call(self, hung_up_by: HungUpBy, call_id: str | None = None) -> None:
        self._note("end", hung_up_by, call_id)

    def choose_situation(self, situation_id: str, call_id: str | None = None) -> None:
        self._note("choose", situation_id, call_id)

    def _note(self, *call: Any) -> None:
        if self.refusal:
            raise self.refusal
        self.calls.append(call)
        for notify in self.listeners:
            notify()


@pytest.fixture
def control() -> Recorded:
    return Recorded()


@pytest.fixture
def client(control: Recorded) -> Client:
    return Client(make_app(control, PAGE))


def error_of(answer: Any) -> tuple[int, str]:
    error = answer.json()["error"]
    assert error["message"]
    assert not error["message"].isascii()
    return answer.status_code, error["code"]


def test_a_call_is_started_led_and_ended(client: Client, control: Recorded) -> None:
    assert client.post("/calls", CALL).status_code == 201
    chosen = client.post("/calls/c-1/situation", {"situation_id": "hold-start"})
    assert chosen.status_code == 200
    assert client.post("/calls/c-1/end", {"hung_up_by": "customer"}).status_code == 200
    meta = CallMeta("c-1", "vip", "1086", "小周", "2026-05-12T10:20:00+08:00",
                    customer_surname="王", customer_title="先生")  # fmt: skip
    assert control.calls == [
        ("start", meta, Caller("138****0001", 35.0)),
        ("choose", "hold-start", "c-1"),
        ("end", "customer", "c-1"),
    ]
    assert client.get("/calls/current").json()["at_ms"] == 3


def test_an_id_is_enough(client: Client, control: Recorded) -> None:
    assert client.post("/calls", {"call_id": "c-2"}).status_code == 201
    assert control.calls == [("start", CallMeta("c-2"), Caller())]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"call_id": "../x"}, "call_id"),
        ({"call_id": ""}, "call_id"),
        ({"started_at": "yesterday"}, "started_at"),
        ({"queue_wait_s": -1}, "queue_wait_s"),
        ({"customer": {"number": "1" * 300}}, "customer.number"),
        ({"extra": 1}, "extra"),
    ],
)
def test_what_is_wrong_is_named_but_not_repeated(
    client: Client, change: dict[str, Any], field: str
) -> None:
    answer = client.post("/calls", {**CALL, **change})
    assert error_of(answer) == (422, "bad_request")
    assert answer.json()["error"]["fields"][0]["field"] == field
    assert "1" * 300 not in answer.text


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (CallRefused("call_running", "正在通话中"), 409),
        (CallRefused("no_such_call", "没有这通通话"), 404),
        (CallRefused("bad_call", "通话信息有误"), 422),
    ],
)
def test_a_refusal_has_its_status(
    client: Client, control: Recorded, refusal: CallRefused, status: int
) -> None:
    control.refusal = refusal
    assert error_of(client.post("/calls", CALL)) == (status, refusal.code)


def test_unknown_addresses_and_methods(client: Client) -> None:
    assert error_of(client.get("/nothing")) == (404, "not_found")
    assert error_of(client.get("/calls")) == (405, "not_allowed")
    assert error_of(client.get("/docs")) == (404, "not_found")


def test_the_interface_describes_itself(client: Client) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    assert {"/calls", "/calls/current", "/calls/{call_id}/end", "/state"} <= set(paths)


def test_the_page_comes_with_its_policy(client: Client) -> None:
    answer = client.get("/")
    assert answer.text == PAGE.html
    assert answer.headers["content-security-policy"] == PAGE.policy
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Host": "evil.example"}, 421, "wrong_host"),
        ({"Host": "evil.example:8765"}, 421, "wrong_host"),
        ({"Host": "192.168.1.9:8765"}, 421, "wrong_host"),
        ({"Host": "127.0.0.1.evil.example"}, 421, "wrong_host"),
        ({"Origin": "http://evil.example"}, 403, "wrong_origin"),
        ({"Origin": "http://127.0.0.1:9999"}, 403, "wrong_origin"),
        ({"Origin": "null"}, 403, "wrong_origin"),
        ({"Sec-Fetch-Site": "cross-site"}, 403, "wrong_origin"),
        ({"Content-Type": "text/plain"}, 415, "not_json"),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415, "not_json"),
    ],
)
def test_other_web_pages_are_kept_out(
    client: Client, control: Recorded, headers: dict[str, str], status: int, code: str
) -> None:
    assert error_of(client.post("/calls", CALL, headers)) == (status, code)
    assert control.calls == []


def test_this_machines_names_and_the_pages_own_origin_are_let_in(client: Client) -> None:
    for host in ("127.0.0.1:8765", "localhost:8765", "[::1]:8765"):
        own = {"Host": host, "Origin": f"http://{host}", "Sec-Fetch-Site": "same-origin"}
        assert client.post("/calls", CALL, headers=own).status_code == 201


def test_long_contents_are_refused(client: Client) -> None:
    long = {**CALL, "call_id": "x" * LARGEST_BODY}
    assert error_of(client.post("/calls", long)) == (413, "too_large")
    assert error_of(client.post("/calls", CALL, length=False)) == (411, "no_length")
    assert error_of(client.post("/calls", b"{")) == (422, "bad_request")


def test_a_token_is_asked_for_everywhere(control: Recorded) -> None:
    app = make_app(control, PAGE, TOKEN, "0.0.0.0")
    client = Client(app, "192.168.1.9:8765")
    for path in ("/", "/state", "/calls/current", "/openapi.json"):
        answer = client.get(path, headers={"Authorization": "Bearer wrong"})
        assert error_of(answer) == (401, "unauthorized")
    assert error_of(client.post("/calls", CALL)) == (401, "unauthorized")
    assert error_of(client.get("/?token=wrong")) == (401, "unauthorized")
    known = {"Authorization": f"Bearer {TOKEN}"}
    assert client.post("/calls", CALL, headers=known).status_code == 201
    assert client.get("/", headers={"Host": "rebound.example"}).status_code == 421


def test_a_page_opened_with_the_token_keeps_a_cookie_without_it(control: Recorded) -> None:
    app = make_app(control, PAGE, TOKEN)
    client = Client(app)
    moved = client.get(f"/?token={TOKEN}")
    assert (moved.status_code, moved.headers["location"]) == (303, "/")
    cookie = moved.headers["set-cookie"]
    assert TOKEN not in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert client.get("/").status_code == 200
    assert client.post("/calls", CALL).status_code == 201
    bad = {"Cookie": 'overlay="; other=\x01'}
    assert Client(app).get("/", headers=bad).status_code == 401


def test_which_addresses_are_this_machines() -> None:
    assert [is_local(h) for h in ("127.0.0.1", "::1", "localhost")] == [True] * 3
    assert [is_local(h) for h in ("0.0.0.0", "::", "10.0.0.1", "desk.example")] == [False] * 4


def test_binding_elsewhere_needs_a_token_and_a_free_port(control: Recorded) -> None:
    with pytest.raises(BadInputError, match="--token"):
        WebServer(control, PAGE, host="0.0.0.0", port=0)
    server = WebServer(control, PAGE, port=0)
    with pytest.raises(BadInputError, match="choose another --port"):
        WebServer(control, PAGE, port=server.port)
    server.stop()


def test_states_come_at_once_and_on_every_change(control: Recorded) -> None:
    server = WebServer(control, PAGE, port=0)
    server.start()
    stream = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    stream.request("GET", "/state")
    answer = stream.getresponse()
    assert answer.getheader("Content-Type", "").startswith("text/event-stream")

    def next_message() -> tuple[str, dict[str, Any]]:
        lines: list[str] = []
        while not any(line.startswith("data:") for line in lines):
            lines.append(answer.readline().decode().strip())
        event = next(line[7:] for line in lines if line.startswith("event:"))
        return event, json.loads(lines[-1].removeprefix("data: "))

    assert next_message() == ("state", control.snapshot())
    control.choose_situation("dialect")
    assert next_message()[1]["at_ms"] == 1
    assert next_message() == ("clock", {"at_ms": 1})
    server.stop()
    assert answer.read() in (b"", b"\n")
    stream.close()
    assert control.listeners == []
