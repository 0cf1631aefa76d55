"""The commands about call scripts: match, check, test-scripts, learn, diff, new-rule."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from agent_assist import settings
from agent_assist.errors import BadInputError, not_installed

KINDS = ("require", "forbid", "order", "respond", "measure")


def add_script_commands(commands: Any) -> None:
    """Add them to the command line."""
    match = commands.add_parser("match", help="find the wordings a text resembles")
    match.add_argument("texts", nargs="+", metavar="TEXT")
    match.add_argument("--phrases", type=Path, help="plain list, one phrase a line")
    match.add_argument("--top", type=_positive, default=3)
    match.add_argument("--script", type=Path, default=settings.DEFAULT_SCRIPT, metavar="DIR")
    match.set_defaults(command=_match)

    check = commands.add_parser("check", help="lint a script pack")
    check.add_argument("folder", nargs="?", type=Path, default=settings.DEFAULT_SCRIPT)
    check.set_defaults(command=_check)

    cases = commands.add_parser("test-scripts", help="run a script pack's own cases")
    cases.add_argument("folder", nargs="?", type=Path, default=settings.DEFAULT_SCRIPT)
    cases.set_defaults(command=_test_scripts)

    learn = commands.add_parser("learn", help="learn the meanings of a script pack from examples")
    learn.add_argument("folder", nargs="?", type=Path, default=settings.DEFAULT_SCRIPT)
    learn.set_defaults(command=_learn)

    diff = commands.add_parser("diff", help="judge stored calls by two versions of a script pack")
    diff.add_argument("old", type=Path, metavar="OLD")
    diff.add_argument("new", type=Path, metavar="NEW")
    diff.add_argument("--calls", type=Path, required=True, metavar="DIR")
    diff.add_argument("--format", choices=["text", "json"], default="text")
    diff.add_argument("--jobs", type=_positive, default=os.cpu_count() or 1, metavar="N")
    diff.set_defaults(command=_diff)

    rule = commands.add_parser("new-rule", help="begin a rule with its cases, to be filled in")
    rule.add_argument("folder", type=Path, metavar="PACK")
    rule.add_argument("rule_id", metavar="RULE-ID")
    rule.add_argument("--kind", choices=KINDS, required=True)
    rule.add_argument("--title")
    rule.set_defaults(command=_new_rule)


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return value


def _match(arguments: argparse.Namespace) -> int:
    from agent_assist.apps.phrase_match import match_text, phrases_from
    from agent_assist.catalogue.compiler import load_script
    from agent_assist.core.pipeline import Phrases

    if arguments.phrases:
        matcher = phrases_from(arguments.phrases)
    else:
        matcher = Phrases.from_script(load_script(arguments.script)).matcher
    for text in arguments.texts:
        for record in match_text(matcher, text, arguments.top):
            print(json.dumps(record, ensure_ascii=False, separators=(",", ":")), flush=True)
    return 0


def _check(arguments: argparse.Namespace) -> int:
    from agent_assist.apps.script_check import check

    problems = check(arguments.folder)
    for problem in problems:
        print(problem)
    print("没有问题" if not problems else f"共 {len(problems)} 个问题")
    return 1 if problems else 0


def _learn(arguments: argparse.Namespace) -> int:
    try:
        from agent_assist.apps.learn import learn_pack, table
    except ImportError as error:
        raise not_installed(error, "modelling") from None
    print(*table(learn_pack(arguments.folder)), sep="\n")
    return 0


def _test_scripts(arguments: argparse.Namespace) -> int:
    from agent_assist.apps.script_cases import run_cases

    results = run_cases(arguments.folder)
    failed = [result for result in results if result.complaint]
    for result in failed:
        print(f"{result.file}: {result.name}: {result.complaint}")
    print(f"{len(results) - len(failed)} 个用例通过，{len(failed)} 个未通过")
    return 1 if failed else 0


def _diff(arguments: argparse.Namespace) -> int:
    from agent_assist.apps.script_diff import Comparison
    from agent_assist.apps.script_diff_text import tell
    from agent_assist.apps.stored_calls import find_stored

    comparison = Comparison(arguments.old, arguments.new)
    outcomes = comparison.judge_all(find_stored(arguments.calls), arguments.jobs)
    as_json = arguments.format == "json"
    summary = tell(comparison, outcomes, sys.stdout, sys.stderr, as_json=as_json)
    if summary.skipped:
        raise BadInputError(f"{summary.skipped} of the files could not be judged, see above")
    return int(summary.changed > 0)


def _new_rule(arguments: argparse.Namespace) -> int:
    from agent_assist.apps.new_rule import new_rule

    for path in new_rule(arguments.folder, arguments.rule_id, arguments.kind, arguments.title):
        print(f"已写：{path}")
    print("两个文件现在就能用。改成自己的要求之后，运行 check 和 test-scripts。")
    return 0
