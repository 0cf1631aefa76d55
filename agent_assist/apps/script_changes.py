"""What differs between two versions of a script pack, place by place, as far as verdicts go."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from agent_assist.catalogue.pack import Located, Pack

Kind = Literal["rule", "situation", "taboo", "desks", "scoring", "script"]

_TELLS_NOTHING = {"note", "source", "duty", "must_match", "must_not_match", "manner", "version"}
"""Keys that people read and no verdict depends on."""
_NAMES = ("id", "n", "phrase", "name", "festival")
"""Keys by which one entry of a list is told from another."""
_REFERENCES = {"situations", "triggers", "situation", "entered", "not_entered"}
_OF_THE_DAY = {"calendar", "not_calendar", "wish", "greeting"}
_Path = tuple[str | int, ...]

_Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: of which thing, at which key; ``old`` or ``new`` is None where it is not.

    ``where`` is file and line in the new pack, or in the old one for what is gone.
    """

    kind: Kind
    id: str
    key: str
    old: str | None
    new: str | None
    where: str


@dataclass(frozen=True, slots=True)
class _Thing:
    """A part of a pack that can change by itself."""

    data: _Record
    located: Located[Any]
    path: _Path = ()


def changes_between(old: Pack, new: Pack) -> tuple[Change, ...]:
    """All differences, rules first, each kind in order of its ids."""
    before, after = _things(old), _things(new)
    found: list[Change] = []
    for name in sorted(before.keys() | after.keys(), key=lambda n: (_ORDER.index(n[0]), n[1])):
        was, now = before.get(name), after.get(name)
        for path, a, b in _differences(was.data if was else None, now.data if now else None, ()):
            thing, pack = (now, new) if now and (b is not None or not was) else (was, old)
            assert thing
            found.append(Change(*name, _key(path), a, b, _where(thing, pack.folder, path)))
    return tuple(found)


_ORDER: tuple[Kind, ...] = ("rule", "situation", "taboo", "desks", "scoring", "script")


def _things(pack: Pack) -> dict[tuple[Kind, str], _Thing]:
    things: dict[tuple[Kind, str], _Thing] = {}
    for rule_id, rule in pack.rules.items():
        things["rule", rule_id] = _Thing(_plain(rule), rule)
    for situation_id, situation in pack.situations.items():
        things["situation", situation_id] = _Thing(_plain(situation), situation)
    taboo = _plain(pack.taboo)
    for i, entry in enumerate(taboo["taboo"]):
        things["taboo", entry["phrase"]] = _Thing(entry, pack.taboo, ("taboo", i))
    things["taboo", ""] = _Thing({"categories": taboo["categories"]}, pack.taboo)
    things["desks", ""] = _Thing(_plain(pack.desks), pack.desks)
    things["scoring", ""] = _Thing(_plain(pack.scoring), pack.scoring)
    things["script", ""] = _Thing(_plain(pack.script), pack.script)
    return things


def _plain(located: Located[Any]) -> dict[str, Any]:
    plain: dict[str, Any] = located.data.model_dump(mode="json")
    return plain


def _differences(old: Any, new: Any, path: _Path) -> Iterator[tuple[_Path, str | None, str | None]]:
    """Path, old and new text of each leaf that differs; a thing wholly new or gone is one leaf."""
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for key in (*new, *(k for k in old if k not in new)):
            if key not in _TELLS_NOTHING:
                yield from _differences(old.get(key), new.get(key), (*path, key))
    elif isinstance(old, list) and isinstance(new, list):
        yield from _in_lists(old, new, path)
    else:
        yield path, _text(old), _text(new)


def _in_lists(
    old: list[Any], new: list[Any], path: _Path
) -> Iterator[tuple[_Path, str | None, str | None]]:
    before, after = ({_name(item, i): (i, item) for i, item in enumerate(x)} for x in (old, new))
    for name in (*after, *(n for n in before if n not in after)):
        at = after.get(name, before.get(name, (0, None)))[0]
        was, now = before.get(name, (0, None))[1], after.get(name, (0, None))[1]
        yield from _differences(was, now, (*path, at))


def _name(item: Any, index: int) -> object:
    """What an entry of a list is known by: its name, itself if it is plain, or its place."""
    if isinstance(item, dict):
        return next(((key, item[key]) for key in _NAMES if item.get(key) is not None), index)
    return ("list", index) if isinstance(item, list) else ("plain", item)


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, dict):
        title = next(
            (value[k] for k in ("title", "say", "do", "phrase", "kind") if value.get(k)), ""
        )
        return str(title) or "…"
    if isinstance(value, list):
        return "、".join(str(_text(item)) for item in value)
    return str(value)


def _key(path: _Path) -> str:
    shown = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path)
    return shown.lstrip(".")


def _where(thing: _Thing, folder: Path, path: _Path) -> str:
    document = thing.located.document
    line = document.line_of((*thing.located.path, *thing.path, *path))
    return f"{Path(os.path.relpath(document.file, folder)).as_posix()}:{line}"


class Reasons:
    """Which changes of the pack can be behind a changed verdict; indexes into ``changes``."""

    def __init__(self, changes: tuple[Change, ...], old: Pack, new: Pack) -> None:
        self._changes = changes
        self._touched: dict[str, set[str]] = {}
        self._by_day: set[str] = set()
        self._taboo: set[str] = set()
        self._entries = {
            phrase: entry.phrase
            for pack in (old, new)
            for entry in pack.taboo.data.taboo
            for phrase in entry.phrases
        }
        self._greetings = {
            situation_id
            for pack in (old, new)
            for situation_id, situation in pack.situations.items()
            if situation.data.category == "greeting"
        }
        for pack in (old, new):
            for rule_id, rule in pack.rules.items():
                self._read(rule_id, _plain(rule)["checks"])

    def _read(self, rule_id: str, data: Any) -> None:
        if isinstance(data, list):
            for item in data:
                self._read(rule_id, item)
        elif isinstance(data, dict):
            for key, value in data.items():
                touched = self._touched.setdefault(rule_id, set())
                if key in _REFERENCES:
                    touched.update([value] if isinstance(value, str) else value)
                if key == "greeting" and value:
                    touched |= self._greetings
                if key in _OF_THE_DAY and value:
                    self._by_day.add(rule_id)
                if key == "taboo" and value:
                    self._taboo.add(rule_id)
                self._read(rule_id, value)

    def of(self, rule_id: str, terms: set[str], situations: set[str]) -> tuple[int, ...]:
        """Of a finding: the rule itself, what it names, then what was matched at its place."""
        near = self._touched.get(rule_id, set())
        entries = {self._entries.get(term, term) for term in terms}
        direct = self._where(
            lambda c: (
                (c.kind == "rule" and c.id == rule_id)
                or (c.kind == "situation" and c.id in near)
                or (c.kind == "taboo" and rule_id in self._taboo and c.id in {*entries, ""})
                or (c.kind == "desks" and rule_id in self._by_day)
            )
        )
        return direct or self.of_situations(situations)

    def of_situations(self, situations: set[str]) -> tuple[int, ...]:
        """Of a match: what changed in the situations themselves, else in any of them."""
        named = self._where(lambda c: c.kind == "situation" and c.id in situations)
        return named or self._where(lambda c: c.kind in ("situation", "desks", "script"))

    def _where(self, fits: Callable[[Change], bool]) -> tuple[int, ...]:
        return tuple(i for i, change in enumerate(self._changes) if fits(change))
