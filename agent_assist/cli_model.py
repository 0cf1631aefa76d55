"""The ``evaluate`` command and the ``model`` ones: list, info, verify, fetch, adapt, export."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from agent_assist import settings
from agent_assist.errors import not_installed


def add_model_commands(commands: Any) -> None:
    """Add the group to the program's own commands."""
    group = commands.add_parser("model", help="list, fetch, check and adapt recogniser models")
    parts = group.add_subparsers(required=True, metavar="COMMAND")

    parts.add_parser("list", help="models that can be used").set_defaults(command=_list)

    info = parts.add_parser("info", help="what a model is")
    info.add_argument("model", nargs="?", default=str(settings.DEFAULT_MODEL), metavar="DIR|NAME")
    info.set_defaults(command=_info)

    verify = parts.add_parser("verify", help="a model is whole, loads and decodes")
    verify.add_argument("model", nargs="?", default=str(settings.DEFAULT_MODEL), metavar="DIR|NAME")
    verify.set_defaults(command=_verify)

    fetch = parts.add_parser("fetch", help="fetch an official model; continues a broken attempt")
    fetch.add_argument("name", metavar="NAME")
    fetch.add_argument("--to", type=Path, metavar="DIR", help="folder that will hold the model")
    fetch.add_argument("--archive", type=Path, metavar="ZIP", help="use this file, no network")
    fetch.add_argument("--sha256", type=_sha256, metavar="HEX", help="digest the archive must have")
    fetch.set_defaults(command=_fetch)

    adapt = parts.add_parser("adapt", help="rebuild the decoding graph for a site's own wordings")
    adapt.add_argument("--script", type=Path, default=settings.DEFAULT_SCRIPT, metavar="DIR")
    adapt.add_argument("--text", type=Path, nargs="+", action="extend", default=[], metavar="FILE")
    adapt.add_argument("--model", type=Path, default=settings.DEFAULT_MODEL, metavar="DIR")
    adapt.add_argument("--pronunciations", type=Path, metavar="FILE")
    adapt.add_argument("--out", type=Path, required=True, metavar="DIR")
    adapt.set_defaults(command=_adapt)

    export = parts.add_parser("export", help="write a model for sherpa-onnx, the second engine")
    export.add_argument("--model", type=Path, default=settings.DEFAULT_MODEL, metavar="DIR")
    export.add_argument("--out", type=Path, required=True, metavar="DIR")
    export.set_defaults(command=_export)


def add_evaluate_command(commands: Any) -> None:
    """Add the command that measures a model."""
    evaluate = commands.add_parser(
        "evaluate", help="measure a model on recordings with transcripts"
    )
    evaluate.add_argument("manifest", type=Path, metavar="MANIFEST.tsv")
    evaluate.add_argument("--model", type=Path, default=settings.DEFAULT_MODEL, metavar="DIR")
    evaluate.add_argument(
        "--condition",
        choices=("wide", "telephone", "steep"),
        default="wide",
        help="as recorded (default), or 300-3400 Hz, 8 kHz, A-law, with noise 15 dB below speech,"
        " the band's edges gentle (telephone) or steep",
    )
    evaluate.add_argument(
        "--noise", choices=("white", "babble"), default="white", help="of telephone and steep"
    )
    evaluate.add_argument("--seed", type=int, default=1, help="of the noise")
    evaluate.add_argument("--split", action="append", help="measure only this one (repeatable)")
    evaluate.add_argument(
        "--by",
        action="append",
        metavar="COLUMN",
        help="also measure each value of this column of the manifest (default: set, speaker)",
    )
    evaluate.set_defaults(command=_evaluate)


def _evaluate(arguments: argparse.Namespace) -> int:
    from agent_assist.apps.engines import load_engine
    from agent_assist.apps.evaluation import GROUPS, Trial, evaluate

    trial = Trial(
        None if arguments.condition == "wide" else arguments.noise,
        arguments.seed,
        tuple(arguments.split or ()),
        tuple(arguments.by or GROUPS),
        steep=arguments.condition == "steep",
    )
    model = load_engine(arguments.model)
    result = evaluate(arguments.manifest, model, trial)
    print(json.dumps(result, ensure_ascii=False, indent=2))
    return 0


def _sha256(text: str) -> str:
    if len(text) != 64 or set(text.lower()) - set("0123456789abcdef"):
        raise argparse.ArgumentTypeError("must be 64 hexadecimal digits")
    return text.lower()


def _list(arguments: argparse.Namespace) -> int:
    from agent_assist.apps.model import describe_all, models_home

    for line in describe_all():
        print(line)
    print(f"下载的模型放在 {models_home()}")
    return 0


def _info(arguments: argparse.Namespace) -> int:
    from agent_assist.apps.engines import load_engine
    from agent_assist.apps.model import examine, find_model

    folder = find_model(arguments.model)
    card = examine(folder)
    for line in card.lines(load_engine(folder).sample_rate):
        print(line)
    return 0


def _verify(arguments: argparse.Namespace) -> int:
    from agent_assist.apps.model import find_model, verify

    findings = verify(find_model(arguments.model))
    for finding in findings:
        print(finding)
    return 0 if all(finding.works for finding in findings) else 1


def _fetch(arguments: argparse.Namespace) -> int:
    from agent_assist.apps.model import Order, fetch

    order = Order(arguments.name, arguments.to, arguments.archive, arguments.sha256)
    try:
        folder = fetch(order, sys.stderr)
    except KeyboardInterrupt:
        print("\n已中断；再次运行同一命令会接着下载", file=sys.stderr)
        raise
    print(f"模型可用：{folder}（用 --model {folder} 使用）")
    return 0


def _adapt(arguments: argparse.Namespace) -> int:
    try:
        from agent_assist.apps.adapt import adapt
    except ImportError as error:
        raise not_installed(error, "modelling") from None
    adapted = adapt(
        arguments.model, arguments.script, arguments.text, arguments.pronunciations, arguments.out
    )
    for line in adapted.lines():
        print(line)
    return 0


def _export(arguments: argparse.Namespace) -> int:
    try:
        from agent_assist.apps.export import export_sherpa
    except ImportError as error:
        raise not_installed(error, "modelling,sherpa") from None
    export_sherpa(arguments.model, arguments.out)
    print(f"模型已生成：{arguments.out}（用 --model {arguments.out} 使用）")
    return 0
