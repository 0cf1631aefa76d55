"""What the threads of sound devices tell the one that follows them."""

from __future__ import annotations

import math
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Protocol

import numpy as np

from agent_assist.adapters.capture import Sound
from agent_assist.core.events import Channel

MOST_QUEUED = 1_000
"""Blocks of each device; 30 s, more than an ear falls behind before it passes over something."""


class Input(Protocol):
    """A running stream of a device."""

    @property
    def rate(self) -> int: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Sound that arrived at a moment, after so many lost samples."""

    sound: Sound
    at_s: float
    lost: int

    @classmethod
    def joined(cls, blocks: Sequence[Block], rate: int) -> Block:
        """Blocks that follow each other as one, which came no later than the timeliest of them."""
        if len(blocks) == 1:
            return blocks[0]
        sound = np.concatenate([block.sound for block in blocks])
        at_s, after = math.inf, 0
        for block in reversed(blocks):
            at_s = min(at_s, block.at_s + after / rate)
            after += len(block.sound)
        return cls(sound, at_s, blocks[0].lost)


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """A device is open again, or cannot be opened."""

    opened: Input | None


News = tuple[Channel, int, Block | Opened | None]
"""Which side, which opening of its device, and what came: a block, a stream, or its end."""


class DeviceNews:
    """Blocks are passed on when every awaited device gave one: a frame needs them all.

    So who follows wakes once for each round of them, or for several. Any thread may tell.
    """

    def __init__(self) -> None:
        self._queue: SimpleQueue[list[News]] = SimpleQueue()
        self._held: list[News] = []
        self._given: set[Channel] = set()
        self._rounds = 0
        self._wanted = 1
        self._lock = threading.Lock()

    @property
    def is_full(self) -> bool:
        """Whether nobody follows: what comes is lost."""
        return self._queue.qsize() >= MOST_QUEUED

    def give(
        self, channel: Channel, opening: int, block: Block, awaited: Collection[Channel]
    ) -> None:
        """A block came."""
        with self._lock:
            self._held.append((channel, opening, block))
            self._given.add(channel)
            if self._given.issuperset(awaited):
                self._given.clear()
                self._rounds += 1
                self._pass_on()

    def tell(self, channel: Channel, opening: int, what: Opened | None) -> None:
        """A stream came or ended."""
        with self._lock:
            self._queue.put([*self._take_held(), (channel, opening, what)])

    def receive(self, timeout_s: float, rounds: int = 1) -> Iterator[News]:
        """All that came, in order; waits so long for so many blocks of every device."""
        with self._lock:
            self._wanted = rounds
            self._pass_on()
        with suppress(Empty):
            yield from self._queue.get(timeout=timeout_s)
            while True:
                yield from self._queue.get_nowait()
        with self._lock:
            held = self._take_held() if self._queue.empty() else []
        yield from held

    def _pass_on(self) -> None:
        if self._rounds >= self._wanted:
            self._queue.put(self._take_held())

    def _take_held(self) -> list[News]:
        held, self._held = self._held, []
        self._given.clear()
        self._rounds = 0
        return held
