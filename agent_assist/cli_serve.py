"""The command of a centre: serve."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from agent_assist import settings


def add_serve_commands(commands: Any) -> None:
    """Add it to the command line."""
    serve = commands.add_parser("serve", help="hear and judge calls whose media are forked to it")
    serve.add_argument("--out", type=Path, default=Path("out"), help="folder for logs and reports")
    serve.add_argument("--record", type=Path, metavar="DIR", help="keep recordings (off otherwise)")
    serve.add_argument(
        "--retention-days", type=_whole, metavar="N", help="delete recordings older than this"
    )
    serve.add_argument("--agent-id", help="of calls that do not say who takes them")
    serve.add_argument("--agent-name")
    serve.add_argument("--host", default="127.0.0.1", help="another one needs a --token")
    serve.add_argument("--port", type=int, default=8765)
    serve.add_argument("--token", help="what whoever connects must know")
    serve.add_argument("--audiosocket-port", type=int, help="serve Asterisk AudioSocket here")
    serve.add_argument("--audiohook-secret", help="the integration's client secret, in base64")
    serve.add_argument("--twilio-secret", help="the account's auth token, which signs")
    serve.add_argument("--public-host", help="the name that others use, behind a TLS proxy")
    serve.add_argument("--most-calls", type=_whole, default=40, metavar="N")
    serve.add_argument(
        "--processes", type=_whole, metavar="N", help="so many hear the calls; otherwise one a core"
    )
    serve.add_argument(
        "--grace", type=_whole, default=30, metavar="SECONDS", help="wait so long for a lost line"
    )
    serve.add_argument("--model", type=Path, default=settings.DEFAULT_MODEL, metavar="DIR")
    serve.add_argument("--script", type=Path, default=settings.DEFAULT_SCRIPT, metavar="DIR")
    serve.set_defaults(command=_serve)


def _whole(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError("must be 0 or more")
    return number


def _serve(arguments: argparse.Namespace) -> int:
    from agent_assist.apps.serve import Centre, serve

    names = ("script", "model", "out", "record", "retention_days", "agent_id", "agent_name")
    served = ("host", "port", "token", "audiosocket_port", "public_host")
    secrets = ("audiohook_secret", "twilio_secret")
    given = {name: getattr(arguments, name) for name in (*names, *served, *secrets)}
    if arguments.processes:
        given["processes"] = arguments.processes
    return serve(Centre(most_calls=arguments.most_calls, grace_s=arguments.grace, **given))
