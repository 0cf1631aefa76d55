"""Serves AudioSocket connections over TCP, in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable

from agent_assist.adapters.telephony_audiosocket import AudioSocketSession
from agent_assist.adapters.web_serve import bound

READ_BYTES = 16_384
LOOK_S = 0.02
SILENT_S = 60.0
"""A connection on which nothing comes for so long is dead."""
_log = logging.getLogger(__name__)


class AudioSocketServer:
    """Bound when it is made; port 0 takes any free one."""

    def __init__(self, make: Callable[[], AudioSocketSession], host: str, port: int) -> None:
        self._make = make
        self._socket = bound(host, port)
        self.port: int = self._socket.getsockname()[1]
        self._loop = asyncio.new_event_loop()
        self._over = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="audiosocket", daemon=True)

    def start(self) -> None:
        """Serve in the background."""
        self._thread.start()

    def stop(self) -> None:
        """Close every connection and wait for the end."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._over.set)
            self._thread.join(5.0)
        self._socket.close()

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._converse, sock=self._socket)
        async with server:
            await self._over.wait()
            server.close()
            talking = asyncio.all_tasks() - {asyncio.current_task()}
            for task in talking:
                task.cancel()
            await asyncio.gather(*talking, return_exceptions=True)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = self._make()
        try:
            while not session.finished:
                data = await asyncio.wait_for(reader.read(READ_BYTES), SILENT_S)
                if not data:
                    break
                writer.write(session.feed(data))
                while session.call and session.call.full:
                    await asyncio.sleep(LOOK_S)
            await writer.drain()
        except (OSError, TimeoutError, asyncio.CancelledError):
            pass
        except Exception:
            _log.exception("an AudioSocket connection is closed")
        finally:
            session.lost()
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
