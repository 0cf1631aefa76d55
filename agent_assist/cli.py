"""The command line: parses what a person typed and calls one app."""

from __future__ import annotations

import argparse
import io
import json
import logging
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from agent_assist import __version__, settings
from agent_assist.cli_live import add_live_commands
from agent_assist.cli_model import add_evaluate_command, add_model_commands
from agent_assist.cli_practice import add_practice_command
from agent_assist.cli_scripts import add_script_commands
from agent_assist.cli_serve import add_serve_commands
from agent_assist.errors import AgentAssistError

Command = Callable[[argparse.Namespace], int]

BAD_INPUT = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status (0 done, 1 checks failed, 2 bad input)."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8")
    parsed = _parser().parse_args(arguments)
    level = logging.DEBUG if parsed.verbose else logging.WARNING
    logging.basicConfig(level=level, format="%(levelname)s %(name)s: %(message)s")
    try:
        command: Command = parsed.command
        return command(parsed)
    except AgentAssistError as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="agent-assist", description=__doc__)
    parser.add_argument("--version", action="version", version=__version__)
    parser.add_argument("--verbose", action="store_true", help="log what the program does")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    demo = commands.add_parser("demo", help="replay the bundled call and write its report")
    demo.add_argument("--out", type=Path, default=Path("out"))
    demo.set_defaults(command=_demo)

    replay = commands.add_parser("replay", help="replay recordings or timed transcripts")
    replay.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    replay.add_argument("--desk", metavar="DESK", help="one of the script's desks")
    replay.add_argument("--agent-id")
    replay.add_argument("--agent-name")
    replay.add_argument("--started-at", metavar="ISO8601")
    replay.add_argument("--agent-channel", choices=["left", "right"], default="left")
    replay.add_argument("--out", type=Path, help="folder for event logs and reports")
    replay.add_argument("--format", choices=["text", "jsonl"], default="text")
    _add_model(replay)
    _add_script(replay)
    replay.set_defaults(command=_replay)

    transcribe = commands.add_parser("transcribe", help="recognise recordings, one JSON line each")
    transcribe.add_argument("files", nargs="+", type=Path, metavar="FILE")
    _add_model(transcribe)
    transcribe.set_defaults(command=_transcribe)

    add_evaluate_command(commands)
    _add_looking(commands)
    add_live_commands(commands)
    add_practice_command(commands)
    add_model_commands(commands)
    add_script_commands(commands)
    add_serve_commands(commands)
    return parser


def _add_looking(commands: Any) -> None:
    report = commands.add_parser("report", help="make the report of an event log")
    report.add_argument("log", type=Path, metavar="EVENTS.jsonl")
    report.add_argument("-o", "--out", type=Path, required=True, metavar="FILE.html")
    report.add_argument("--audio", type=Path, help="the call's recording, to show and play it")
    _add_script(report)
    report.set_defaults(command=_report)

    doctor = commands.add_parser("doctor", help="what is installed, what is missing, how to get it")
    _add_model(doctor)
    _add_script(doctor)
    doctor.set_defaults(command=_doctor)


def _add_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", type=Path, default=settings.DEFAULT_MODEL, metavar="DIR")


def _add_script(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--script", type=Path, default=settings.DEFAULT_SCRIPT, metavar="DIR")


def _demo(arguments: argparse.Namespace) -> int:
    from agent_assist.apps.calls import Overrides, Workshop
    from agent_assist.apps.replay import Replay
    from agent_assist.catalogue.pack import read_pack

    workshop = Workshop(read_pack(settings.DEFAULT_SCRIPT))
    replay = Replay(workshop, Overrides(), "left", jsonl=False, out_dir=_made(arguments.out))
    report = replay.play(settings.DEMO_CALL, sys.stdout)
    if report:
        print(f"\n报告已生成：{report.resolve()}")
    return 0


def _replay(arguments: argparse.Namespace) -> int:
    from agent_assist.apps.calls import Overrides, Workshop, find_calls
    from agent_assist.apps.replay import Replay
    from agent_assist.catalogue.pack import read_pack

    named = ("desk", "agent_id", "agent_name", "started_at")
    given = Overrides(**{name: getattr(arguments, name) for name in named})
    out_dir = _made(arguments.out) if arguments.out else None
    workshop = Workshop(read_pack(arguments.script), arguments.model)
    jsonl = arguments.format == "jsonl"
    replay = Replay(workshop, given, arguments.agent_channel, jsonl, out_dir)
    status = 0
    for given_path in arguments.paths:
        try:
            calls = find_calls(given_path)
        except AgentAssistError as error:
            status = _complain(error)
            continue
        for path in calls:
            try:
                report = replay.play(path, sys.stdout)
            except AgentAssistError as error:
                status = _complain(error)
                continue
            if report:
                print(f"报告：{report}", file=sys.stderr if jsonl else sys.stdout)
    return status


def _complain(error: AgentAssistError) -> int:
    """One line for one bad input among several; the others go on."""
    print(str(error).splitlines()[0], file=sys.stderr)
    return BAD_INPUT


def _transcribe(arguments: argparse.Namespace) -> int:
    from agent_assist.apps.engines import load_engine
    from agent_assist.apps.listening import transcribe

    model = load_engine(arguments.model)
    status = 0
    for file in arguments.files:
        try:
            for record in transcribe(file, model):
                _print_json(record)
        except AgentAssistError as error:
            print(error, file=sys.stderr)
            status = BAD_INPUT
    return status


def _report(arguments: argparse.Namespace) -> int:
    from agent_assist.adapters.audio_file import AudioFile
    from agent_assist.adapters.event_log import read_log
    from agent_assist.apps.replay import write_report
    from agent_assist.catalogue.compiler import load_script

    header, events = read_log(arguments.log)
    script = load_script(arguments.script)
    recording = AudioFile(arguments.audio) if arguments.audio else None
    write_report(arguments.out, events, header, script, recording)
    print(f"报告已生成：{arguments.out}")
    return 0


def _doctor(arguments: argparse.Namespace) -> int:
    from agent_assist.apps.doctor import examine

    findings = examine(arguments.model, arguments.script)
    for finding in findings:
        print(finding)
    return 0 if all(f.works for f in findings if f.needed) else 1


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AgentAssistError(f"{folder}: cannot be made: {error.strerror}") from None
    return folder


def _print_json(record: object) -> None:
    print(json.dumps(record, ensure_ascii=False, separators=(",", ":")), flush=True)


if __name__ == "__main__":
    sys.exit(main())
