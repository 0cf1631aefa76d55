"""The threads that hear all calls: each call's steps in order, one at a time, none forgotten."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from agent_assist.apps.serve_workers import Workers
from tests.telephony import wait_for


@pytest.fixture
def workers() -> Iterator[Workers]:
    made = Workers(2)
    yield made
    made.close()


def test_every_waking_is_followed_by_a_step_and_no_two_are_done_at_once(workers: Workers) -> None:
    queue: list[int] = []
    done: list[int] = []
    inside = threading.Lock()

    def steps() -> Iterator[None]:
        while True:
            assert inside.acquire(blocking=False)
            while queue:
                done.append(queue.pop(0))
            inside.release()
            yield

    job = workers.job(steps())
    for number in range(2_000):
        queue.append(number)
        job.wake()
    wait_for(lambda: len(done) == 2_000)
    assert done == list(range(2_000))


def test_who_wakes_itself_waits_until_the_others_had_their_turn() -> None:
    single = Workers(1)
    done: list[str] = []
    begin = threading.Event()

    def steps(name: str) -> Iterator[None]:
        for _ in range(3):
            begin.wait()
            done.append(name)
            jobs[name].wake()
            yield

    jobs = {name: single.job(steps(name)) for name in "abc"}
    for job in jobs.values():
        job.wake()
    begin.set()
    wait_for(lambda: len(done) == 9)
    assert "".join(done) == "abcabcabc"
    single.close()


def test_a_fault_ends_its_own_work_only(workers: Workers, caplog: pytest.LogCaptureFixture) -> None:
    done: list[str] = []

    def faulty() -> Iterator[None]:
        raise RuntimeError("a fault")
        yield

    def sound() -> Iterator[None]:
        while True:
            done.append("step")
            yield

    broken, other = workers.job(faulty()), workers.job(sound())
    for _ in range(4):
        broken.wake()
    wait_for(lambda: "not heard to its end" in caplog.text)
    other.wake()
    wait_for(lambda: done == ["step"])


def test_closed_workers_do_first_what_waits() -> None:
    workers = Workers(1)
    done = threading.Event()

    def steps() -> Iterator[None]:
        done.set()
        yield

    workers.job(steps()).wake()
    workers.close()
    assert done.wait(60)


def test_what_is_urgent_goes_before_what_came_earlier() -> None:
    single = Workers(1)
    done: list[str] = []
    begin, begun = threading.Event(), threading.Event()

    def steps(name: str) -> Iterator[None]:
        begun.set()
        begin.wait()
        while True:
            done.append(name)
            yield

    single.job(steps("first")).wake()
    begun.wait()
    for name in ("a", "b"):
        single.job(steps(name)).wake()
    single.job(steps("urgent"), lambda: True).wake()
    begin.set()
    wait_for(lambda: len(done) == 4)
    assert done == ["first", "urgent", "a", "b"]
    single.close()
