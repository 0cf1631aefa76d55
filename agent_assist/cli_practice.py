"""The command that practises: practice."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from agent_assist import settings


def add_practice_command(commands: Any) -> None:
    """Add it to the command line."""
    practice = commands.add_parser("practice", help="practise a call; the program is the customer")
    practice.add_argument("case", nargs="?", metavar="CASE", help="a lesson's number or name")
    practice.add_argument("--list", action="store_true", help="list the lessons")
    way = practice.add_mutually_exclusive_group()
    way.add_argument("--text", action="store_true", help="type instead of speaking")
    way.add_argument(
        "--agent-audio", type=Path, metavar="FILE", help="the agent's side from a recording"
    )
    practice.add_argument("--agent-device", metavar="NAME|INDEX", help="the microphone")
    practice.add_argument("--speaker-device", metavar="NAME|INDEX", help="where the customer is")
    practice.add_argument(
        "--speakers",
        action="store_true",
        help="no headset: nothing is taken from the microphone while the customer speaks",
    )
    practice.add_argument("--agent-id", default="")
    practice.add_argument("--agent-name", default="")
    practice.add_argument("--port", type=int, default=8765, help="of the agent's page")
    practice.add_argument("--out", type=Path, default=Path("out"), help="folder for what is kept")
    practice.add_argument("--model", type=Path, default=settings.DEFAULT_MODEL, metavar="DIR")
    practice.add_argument("--script", type=Path, default=settings.DEFAULT_SCRIPT, metavar="DIR")
    practice.set_defaults(command=_practice)


def _practice(arguments: argparse.Namespace) -> int:
    from agent_assist.apps.practice import Practice, list_lessons, practise_typed
    from agent_assist.errors import BadInputError

    if arguments.list:
        list_lessons(arguments.script, sys.stdout)
        return 0
    if arguments.case is None:
        raise BadInputError("name a lesson; 'agent-assist practice --list' shows them all")
    names = ("script", "model", "out", "case", "agent_id", "agent_name")
    practice = Practice(**{name: getattr(arguments, name) for name in names})
    if arguments.text:
        practise_typed(practice, sys.stdin, sys.stdout)
    elif arguments.agent_audio:
        from agent_assist.apps.practice_sound import practise_recorded

        practise_recorded(practice, arguments.agent_audio, sys.stdout)
    else:
        from agent_assist.apps.practice_live import Equipment, practise_aloud

        devices = (arguments.agent_device, arguments.speaker_device, arguments.speakers)
        practise_aloud(practice, Equipment(*devices, port=arguments.port))
    return 0
