"""Begins a rule: writes a rule of a kind and its cases, which work and say what to change."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Literal

from agent_assist.catalogue.pack import read_pack
from agent_assist.errors import BadInputError

Kind = Literal["require", "forbid", "order", "respond", "measure"]

_SCAFFOLDS = Path(__file__).parent / "scaffolds"
_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def new_rule(folder: Path, rule_id: str, kind: Kind, title: str | None = None) -> list[Path]:
    """Write ``rules/<id>.yaml`` and ``cases/<id>.yaml`` into a pack; returns both.

    Nothing is overwritten. Raises BadInputError for an id that cannot be or is taken, ScriptError
    for a pack that is faulty already.
    """
    if not _ID.fullmatch(rule_id):
        raise BadInputError(
            f"'{rule_id}' cannot be a rule's id; use small letters, digits and single hyphens,"
            " beginning with a letter, such as word-fee-notice"
        )
    pack = read_pack(folder)
    manual = pack.manual.data.rules if pack.manual else []
    if rule_id in {*pack.rules, *pack.cases, *(rule.id for rule in manual)}:
        raise BadInputError(f"{folder}: '{rule_id}' is there already; take another id")
    targets = [folder / part / f"{rule_id}.yaml" for part in ("rules", "cases")]
    rule, cases = (_scaffold(kind, part) for part in ("rule", "cases"))
    rule = rule.replace("id: new-rule", f"id: {rule_id}", 1)
    if title:
        line = f"title: {json.dumps(title, ensure_ascii=False)}"
        rule = re.sub(r"^title: .*$", lambda _: line, rule, count=1, flags=re.M)
    for target, text in zip(targets, (rule, cases), strict=True):
        _write(target, text)
    return targets


def _scaffold(kind: Kind, part: str) -> str:
    return (_SCAFFOLDS / f"{kind}.{part}.yaml").read_text(encoding="utf-8")


def _write(target: Path, text: str) -> None:
    try:
        target.parent.mkdir(exist_ok=True)
        with target.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise BadInputError(f"{target}: cannot be written: {error.strerror}") from None
