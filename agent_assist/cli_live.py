"""The commands of the agent's desk: overlay, live, devices, say."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from agent_assist import settings


def add_live_commands(commands: Any) -> None:
    """Add them to the command line."""
    overlay = commands.add_parser("overlay", help="show the next line while a call lasts")
    overlay.add_argument("path", nargs="?", type=Path, help="a call to play in real time")
    overlay.add_argument("--port", type=int, default=8765)
    overlay.add_argument("--host", default="127.0.0.1", help="another one needs a --token")
    overlay.add_argument("--token", help="what programs and the page must know")
    overlay.add_argument("--speed", type=float, default=1.0, help="of the call that is played")
    overlay.add_argument("--window", action="store_true", help="a window on top, with pywebview")
    overlay.add_argument("--cti", action="store_true", help="no buttons: the softphone tells calls")
    overlay.add_argument("--agent-id")
    overlay.add_argument("--agent-name")
    overlay.add_argument("--model", type=Path, default=settings.DEFAULT_MODEL, metavar="DIR")
    overlay.add_argument("--script", type=Path, default=settings.DEFAULT_SCRIPT, metavar="DIR")
    overlay.set_defaults(command=_overlay)

    live = commands.add_parser("live", help="assist at this seat while calls are spoken")
    live.add_argument("--desk", metavar="DESK", help="one of the script's desks")
    live.add_argument("--agent-id")
    live.add_argument("--agent-name")
    live.add_argument("--agent-device", metavar="NAME|INDEX", help="the agent's microphone")
    live.add_argument("--customer-device", metavar="NAME|INDEX", help="what gives the caller")
    live.add_argument("--call-control", choices=["manual", "auto", "api"], default="manual")
    live.add_argument("--record", type=Path, metavar="DIR", help="keep recordings (off otherwise)")
    live.add_argument(
        "--retention-days", type=_days, metavar="N", help="delete recordings older than this"
    )
    live.add_argument("--terminal", action="store_true", help="show the timeline here as well")
    live.add_argument("--whisper", action="store_true", help="speak the next line")
    live.add_argument("--window", action="store_true", help="a window on top, with pywebview")
    live.add_argument("--out", type=Path, default=Path("out"), help="folder for logs and reports")
    live.add_argument("--host", default="127.0.0.1", help="another one needs a --token")
    live.add_argument("--port", type=int, default=8765)
    live.add_argument("--token", help="what programs and the page must know")
    live.add_argument("--model", type=Path, default=settings.DEFAULT_MODEL, metavar="DIR")
    live.add_argument(
        "--no-model",
        dest="model",
        action="store_const",
        const=None,
        help="without a recogniser: prompts and rules of time and silence only",
    )
    live.add_argument("--script", type=Path, default=settings.DEFAULT_SCRIPT, metavar="DIR")
    live.set_defaults(command=_live)

    devices = commands.add_parser("devices", help="list the devices that can be listened to")
    devices.add_argument("--meter", type=float, metavar="SECONDS", help="show how loud they are")
    devices.add_argument("--device", action="append", default=[], metavar="NAME|INDEX")
    devices.set_defaults(command=_devices)

    say = commands.add_parser("say", help="speak a text, as the whispered prompts are")
    say.add_argument("text", metavar="TEXT")
    say.set_defaults(command=_say)


def _days(text: str) -> int:
    days = int(text)
    if days < 0:
        raise argparse.ArgumentTypeError("must be 0 or more")
    return days


def _live(arguments: argparse.Namespace) -> int:
    from agent_assist.apps.live import Seat, live

    names = ("script", "model", "out", "desk", "agent_id", "agent_name", "agent_device")
    more = ("customer_device", "record", "retention_days", "terminal", "whisper", "window")
    served = ("host", "port", "token")
    given = {name: getattr(arguments, name) for name in (*names, *more, *served)}
    return live(Seat(control=arguments.call_control, **given))


def _devices(arguments: argparse.Namespace) -> int:
    from agent_assist.apps.devices import list_devices, show_levels

    if not list_devices(sys.stdout):
        return 1
    if arguments.meter:
        return 0 if show_levels(arguments.meter, arguments.device, sys.stdout) else 1
    return 0


def _say(arguments: argparse.Namespace) -> int:
    from agent_assist.apps.whisper import say

    say(arguments.text)
    return 0


def _overlay(arguments: argparse.Namespace) -> int:
    from agent_assist.apps.overlay import Service, overlay

    names = ("host", "port", "token", "window", "speed")
    service = Service(play=arguments.path, **{name: getattr(arguments, name) for name in names})
    agent = (arguments.agent_id, arguments.agent_name)
    overlay(service, arguments.script, arguments.model, agent, controls=not arguments.cti)
    return 0
