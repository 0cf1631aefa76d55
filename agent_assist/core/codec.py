"""Events as JSON lines and back, derived from the records themselves.

``{"type":"voice_started","at_ms":320,"channel":"agent"}``: the type is the record's name in
snake case, then every field in order. Inside a finding's evidence, what is empty is left out.
"""

from __future__ import annotations

import dataclasses
import json
import math
import re
import types
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from agent_assist.core.events import Event, Evidence
from agent_assist.errors import BadInputError

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
_EMPTY: tuple[object, ...] = (None, "", [])
_Record = TypeVar("_Record")
_Reader = Callable[[object, str], object]
"""Makes a field's value of plain JSON, or complains about the place it is told."""


@cache
def _snake_case(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


EVENT_TYPES: Mapping[str, type[Event]] = {_snake_case(t.__name__): t for t in get_args(Event)}
"""Every event record by its name in the log."""


def to_json(event: Event) -> str:
    """One line, without the line break."""
    record = {"type": _snake_case(type(event).__name__), **_fields_of(event)}
    return _ENCODER.encode(record)


def from_json(line: str) -> Event:
    """The event a line holds; complaints name the field."""
    record = parse_object(line)
    name = record.pop("type", None)
    if not isinstance(name, str) or name not in EVENT_TYPES:
        raise BadInputError(f"unknown event type {name!r}; was the log written by a newer version?")
    event: Event = _to_record(EVENT_TYPES[name], record, name)
    return event


def parse_object(line: str) -> dict[str, Any]:
    """A line that must hold one JSON object."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        raise BadInputError("is not valid JSON") from None
    if not isinstance(record, dict):
        raise BadInputError("is not a JSON object")
    return record


def _to_plain(value: object) -> object:
    if isinstance(value, tuple):
        return [_to_plain(item) for item in value]
    if isinstance(value, Evidence):
        return {key: item for key, item in _fields_of(value).items() if item not in _EMPTY}
    return _fields_of(value) if dataclasses.is_dataclass(value) else value


def _fields_of(record: object) -> dict[str, object]:
    plain = {}
    for name, is_float in _is_float(cast(Any, type(record))).items():
        value = getattr(record, name)
        plain[name] = float(value) if is_float and value is not None else _to_plain(value)
    return plain


@cache
def _is_float(record_type: type[object]) -> dict[str, bool]:
    """Each field, and whether a whole number in it is to be written as 2.0: so it is read."""
    hints = get_type_hints(record_type)
    fields = dataclasses.fields(cast(Any, record_type))
    return {field.name: hints[field.name] in (float, float | None) for field in fields}


def _to_record(record_type: type[_Record], plain: object, place: str) -> _Record:
    if not isinstance(plain, dict):
        raise _complaint(place, "an object", plain)
    readers, required = _fields(cast(Any, record_type))
    for key in plain:
        if key not in readers:
            raise BadInputError(f"{place}: unknown field {key!r}")
    for key in required:
        if key not in plain:
            raise BadInputError(f"{place}: field {key!r} is missing")
    return record_type(
        **{key: readers[key](value, f"{place}.{key}") for key, value in plain.items()}
    )


@cache
def _fields(record_type: type[object]) -> tuple[dict[str, _Reader], tuple[str, ...]]:
    """How to read each field of a record, and which fields must be there."""
    hints = get_type_hints(record_type)
    fields = dataclasses.fields(cast(Any, record_type))
    required = tuple(f.name for f in fields if f.default is dataclasses.MISSING)
    return {f.name: _reader(hints[f.name]) for f in fields}, required


def _reader(hint: object) -> _Reader:
    if hint is int:
        return _read_int
    if hint is float:
        return _read_float
    if hint is str:
        return _read_str
    if hint is bool:
        return _read_bool
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return lambda value, place: _to_record(hint, value, place)
    origin, options = get_origin(hint), get_args(hint)
    if origin is Literal:
        return lambda value, place: _read_choice(options, value, place)
    if origin is tuple:
        item = _reader(options[0])
        return lambda value, place: _read_tuple(item, value, place)
    if origin in (Union, types.UnionType) and type(None) in options:
        (option,) = (option for option in options if option is not type(None))
        present = _reader(option)
        return lambda value, place: None if value is None else present(value, place)
    raise TypeError(f"an event's field cannot be {hint}")


def _read_bool(value: object, place: str) -> bool:
    if not isinstance(value, bool):
        raise _complaint(place, "true or false", value)
    return value


def _read_int(value: object, place: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _complaint(place, "a whole number", value)
    return value


def _read_float(value: object, place: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _complaint(place, "a number", value)
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise _complaint(place, "a number", value)
    return number


def _read_str(value: object, place: str) -> str:
    if not isinstance(value, str):
        raise _complaint(place, "text", value)
    return value


def _read_choice(options: tuple[object, ...], value: object, place: str) -> object:
    if not isinstance(value, str) or value not in options:
        raise _complaint(place, "one of " + ", ".join(map(str, options)), value)
    return value


def _read_tuple(item: _Reader, value: object, place: str) -> tuple[object, ...]:
    if not isinstance(value, list):
        raise _complaint(place, "a list", value)
    return tuple(item(element, f"{place}[{i}]") for i, element in enumerate(value))


def _complaint(place: str, expected: str, value: object) -> BadInputError:
    shown = json.dumps(value, ensure_ascii=False)
    return BadInputError(f"{place} must be {expected}, not {shown[:40]}")
