"""A seat without a sound card: two sound servers, each with one virtual device to speak into.

Run with ``make test-live`` or ``pytest -m live tests/live``: sound takes as long as it takes.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
import soxr

from agent_assist.adapters.audio_file import AudioFile

PACKAGES = "pulseaudio pulseaudio-utils libasound2-plugins libportaudio2"
SIDES = ("agent", "customer")
RATE = 48_000
PATIENCE_S = 60.0


@dataclass
class LiveProgram:
    """A running ``agent-assist live``."""

    process: subprocess.Popen[str]
    errors: Path
    """Where its standard error goes; shown when something is awaited in vain."""
    lines: list[str] = field(default_factory=list)
    grown: threading.Condition = field(default_factory=threading.Condition)

    def __post_init__(self) -> None:
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            with self.grown:
                self.lines.append(line.rstrip("\n"))
                self.grown.notify_all()

    def await_line(self, part: str) -> str:
        """The first line with some text in it, printed already or yet to come."""
        with self.grown:
            assert self.grown.wait_for(
                lambda: any(part in line for line in self.lines), PATIENCE_S
            ), f"no line with {part}: {self.lines}\n{self.errors.read_text('utf-8')}"
            return next(line for line in self.lines if part in line)

    def press_enter(self) -> None:
        assert self.process.stdin
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def end(self) -> int:
        self.process.terminate()
        return self.wait()

    def wait(self) -> int:
        status = self.process.wait(PATIENCE_S)
        self.reader.join(PATIENCE_S)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                pipe.close()
        return status


@dataclass
class Room:
    """Where calls are spoken: ``speak`` plays one in real time into both devices."""

    folder: Path
    environment: dict[str, str]
    programs: list[LiveProgram] = field(default_factory=list)
    players: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def server(self, side: str) -> str:
        return f"unix:{self.folder / side}"

    def pactl(self, side: str, *arguments: str) -> str:
        command = ["pactl", "-s", self.server(side), *arguments]
        return subprocess.run(
            command, env=self.environment, check=True, capture_output=True, text=True
        ).stdout

    def plug(self, side: str) -> None:
        sink = f"sink_name={side}"
        self.pactl(side, "load-module", "module-null-sink", sink, f"rate={RATE}", "channels=1")

    def unplug(self, side: str) -> None:
        self.pactl(side, "unload-module", "module-null-sink")

    def start_live(self, *arguments: str) -> LiveProgram:
        devices = ["--agent-device", "agent", "--customer-device", "customer"]
        command = [sys.executable, "-m", "agent_assist.cli", "live", "--port", "0", *devices]
        errors = self.folder / f"live-{len(list(self.folder.glob('live-*.txt')))}.txt"
        with errors.open("w") as file:
            process = subprocess.Popen(
                [*command, *arguments],
                env=self.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=file,
                text=True,
            )
        program = LiveProgram(process, errors)
        self.programs.append(program)
        program.await_line("开始听")
        return program

    def speak(self, call: Path, seconds: float | None = None) -> list[subprocess.Popen[bytes]]:
        """Begin to play a recording's channels, each into its device."""
        recording = AudioFile(call)
        sound = np.concatenate([frame.samples for frame in recording], axis=1)
        players = []
        for side, row in zip(SIDES, sound, strict=True):
            cut = row if seconds is None else row[: int(seconds * 16_000)]
            path = self.folder / f"{side}.wav"
            sf.write(path, soxr.resample(cut / 32768.0, 16_000, RATE), RATE, "PCM_16")
            players.append([f"--device={side}", str(path)])
        begun = [
            subprocess.Popen(["paplay", "-s", self.server(side), *player], env=self.environment)
            for side, player in zip(SIDES, players, strict=True)
        ]
        self.players += begun
        return begun


@pytest.fixture(scope="session")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    if not (shutil.which("pulseaudio") and shutil.which("paplay")):
        pytest.fail(f"PulseAudio is missing: make setup, or apt-get install {PACKAGES}")
    folder = tmp_path_factory.mktemp("sound")
    folder.chmod(0o700)
    devices = [
        f'pcm.{side} {{ type pulse server "unix:{folder / side}" device {side}.monitor }}'
        for side in SIDES
    ]
    alsa = folder / "asound.conf"
    alsa.write_text("\n".join(["</usr/share/alsa/alsa.conf>", *devices, ""]))
    environment = {
        **os.environ,
        "HOME": str(folder),
        "XDG_RUNTIME_DIR": str(folder),
        "ALSA_CONFIG_PATH": str(alsa),
        "PYTHONUTF8": "1",
    }
    environment.pop("PULSE_SERVER", None)
    room = Room(folder, environment)
    servers = [start_server(room, side) for side in SIDES]
    try:
        yield room
    finally:
        for server in servers:
            server.terminate()
            server.wait(10)


@pytest.fixture(autouse=True)
def no_program_left(room: Room) -> Iterator[None]:
    """A test that fails leaves no program running, and both devices plugged in."""
    yield
    while room.players:
        player = room.players.pop()
        player.terminate()
        player.wait(10)
    for side in SIDES:
        if side not in room.pactl(side, "list", "short", "sinks"):
            room.plug(side)
    while room.programs:
        program = room.programs.pop()
        if program.process.poll() is None:
            program.process.kill()
        program.wait()


def start_server(room: Room, side: str) -> subprocess.Popen[bytes]:
    socket = room.folder / side
    protocol = f"module-native-protocol-unix auth-anonymous=1 socket={socket}"
    quiet = ["--exit-idle-time=-1", "--use-pid-file=no", "--realtime=no", "--high-priority=no"]
    server = subprocess.Popen(
        ["pulseaudio", "-n", "--daemonize=no", *quiet, "-L", protocol],
        env=room.environment,
        stderr=subprocess.DEVNULL,
    )
    ends_s = time.monotonic() + 15
    while not socket.exists():
        assert server.poll() is None, "pulseaudio ended at once"
        assert time.monotonic() < ends_s, "pulseaudio does not begin"
        threading.Event().wait(0.05)
    room.plug(side)
    return server
