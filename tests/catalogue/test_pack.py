"""Faults in a script pack: every one is told, with its file and line."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from agent_assist.catalogue.compiler import load_script
from agent_assist.catalogue.pack import digest_of, read_pack
from agent_assist.errors import BadInputError, ScriptError
from agent_assist.settings import DEFAULT_SCRIPT
from tests.packs import script

Edit = Callable[[Path], None]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy = tmp_path / "mine"
    shutil.copytree(DEFAULT_SCRIPT, copy)
    return copy


def edit(path: Path, old: str, new: str) -> int:
    """Replace the first occurrence; returns its line."""
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{path.name} no longer holds {old!r}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def problems(folder: Path) -> list[tuple[str, int, str]]:
    with pytest.raises(ScriptError) as refused:
        load_script(folder)
    found = [
        (Path(p.file).relative_to(folder).as_posix(), p.line, p.message)
        for p in refused.value.problems
    ]
    for line in str(refused.value).splitlines():
        assert re.match(r".+\.yaml:\d+: \S", line), line
    return found


def only(folder: Path) -> tuple[str, int, str]:
    (problem,) = problems(folder)
    return problem


def test_the_bundled_pack_is_sound(folder: Path) -> None:
    loaded = load_script(folder)
    assert (loaded.digest, loaded.rules) == (script().digest, script().rules)
    assert loaded.situations == script().situations


# ── one fault at a time ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("script.yaml", "profiles: {}", "profils: {}", "profils: Extra inputs are not permitted"),
        ("script.yaml", 'version: "1.0.0"', "version: 1.0", "version: Input should be a valid str"),
        ("desks.yaml", "    title: VIP专席", "    titel: VIP专席", "desks.vip.title"),
        ("desks.yaml", "  weekend_profile: seed", "  weekend_profile: sedd", "not among"),
        ("desks.yaml", "greeting: greet-vip-desk", "greeting: greet-vip", "is no situation"),
        ("desks.yaml", "    min_syllables: 1", "    min_syllables: -1", "greater than or equal"),
        ("desks.yaml", '"24:00"', '"25:00"', "should match pattern"),
        ("desks.yaml", "not_holidays: []", "not_holidays: [x]", "should match pattern"),
        ("phrases/greeting.yaml", "    deadline_s: 2", "    deadline_s: two", "valid number"),
        ("phrases/greeting.yaml", "    deadline_s: 2", '    deadline_s: "2"', "valid number"),
        ("phrases/greeting.yaml", "    deadline_s: 2", "    deadline: 2", "deadline: Extra"),
        ("phrases/greeting.yaml", "category: greeting", "category: greetings", "Input should be"),
        ("phrases/greeting.yaml", "- n: 1", "- n: true", "valid integer"),
        ("phrases/greeting.yaml", "- n: 1", "- n: 0", "greater than or equal to 1"),
        ("phrases/greeting.yaml", "{{ agent_name }}", "{{ agent_nmae }}", "'agent_nmae' is not"),
        ("phrases/greeting.yaml", "{{ agent_name }}", "{{ agent_name|e }}", "a plain name"),
        ("phrases/greeting.yaml", "id: greet-vip-desk", "id: Greet VIP", "should match pattern"),
        ("phrases/hold.yaml", "    enters: hold", "    enters: held", "Input should be"),
        (
            "phrases/hold.yaml",
            "        say: ",
            "        do: 等待\n        say: ",
            "either 'say' or",
        ),
        ("taboo.yaml", "category: negation", "category: negatoin", "'negatoin' is not declared"),
        ("taboo.yaml", "match: whole_utterance", "match: whole", "Input should be"),
        ("rules/word-greeting.yaml", "kind: require", "kind: requires", "kind"),
        ("rules/word-greeting.yaml", "window: opening", "windwo: opening", "windwo"),
        ("rules/word-greeting.yaml", "severity: major", "severity: high", "Input should be"),
        (
            "rules/word-greeting.yaml",
            "id: word-greeting",
            "id: word-greet",
            "differs from the file",
        ),
        (
            "rules/time-silence-no-early-hangup.yaml",
            "situation: caller-silent",
            "situation: caller-mute",
            "'caller-mute' is no situation",
        ),
        (
            "rules/time-silence-no-early-hangup.yaml",
            "steps: [1, 2, 3]",
            "steps: [1, 2, 7]",
            "'caller-silent' has no step 7",
        ),
    ],
)
def test_a_fault_is_told_with_its_place(
    folder: Path, name: str, old: str, new: str, message: str
) -> None:
    line = edit(folder / name, old, new)
    found = problems(folder)
    assert all(file == name for file, _, _ in found)
    file, at, text = next(p for p in found if message in p[2])
    assert file == name
    assert at == line or abs(at - line) <= 12, (at, line, text)


@pytest.mark.parametrize(
    ("old", "new"),
    [("    deadline_s: 2\n", "    deadline_s: two\n"), ("{{ agent_name }}", "{{ nobody }}")],
)
def test_the_line_is_the_very_line(folder: Path, old: str, new: str) -> None:
    line = edit(folder / "phrases/greeting.yaml", old, new)
    assert only(folder)[:2] == ("phrases/greeting.yaml", line)


def test_steps_out_of_order(folder: Path) -> None:
    edit(folder / "phrases/audio.yaml", "      - n: 2\n", "      - n: 9\n")
    messages = [m for _, _, m in problems(folder)]
    assert "steps must be numbered upwards" in messages


def test_a_profile_that_is_not_there(folder: Path) -> None:
    edit(folder / "script.yaml", "profiles: {}", "profiles: {caller-silent: nowhere}")
    assert only(folder) == ("script.yaml", 6, "'caller-silent' has no profile 'nowhere'")


def test_a_profile_of_a_situation_that_is_not_there(folder: Path) -> None:
    edit(folder / "script.yaml", "profiles: {}", "profiles:\n  nobody: x")
    assert only(folder) == ("script.yaml", 7, "'nobody' is no situation")


def test_a_chosen_profile_takes_the_place_of_the_steps(folder: Path) -> None:
    edit(folder / "script.yaml", "profiles: {}", "profiles: {caller-silent: provincial-10086-5s}")
    steps = load_script(folder).situations["caller-silent"].steps
    assert [s.pause_ms for s in steps] == [None, (5000, 5000), (5000, 5000)]
    assert steps[0].say is not None
    assert steps[0].say.text == "您好，10086客户代表为您服务！"


@pytest.mark.parametrize("where", ["do", "instead", "when", "after", "excuses"])
def test_a_dangling_reference_anywhere_in_a_rule(folder: Path, where: str) -> None:
    gone = "{situations: [gone]}"
    parts = {
        "do": f"kind: require, do: [{gone}], window: call",
        "instead": f"kind: require, do: [{{wish: true}}], instead: {gone}, window: call",
        "when": "kind: require, do: [{wish: true}], window: call, when: {not_entered: [gone]}",
        "after": f"kind: respond, after: {gone}, do: {{speech: true}}, within_s: 2",
        "excuses": f"kind: measure, of: silence, band: {{high: 8}}, unit: s, excuses: [{gone}]",
    }
    (folder / "rules" / "mine.yaml").write_text(
        "id: mine\ntitle: 试\ngroup: wording\nseverity: minor\nduty: 试\nsource: C000\n"
        f"checks:\n  - {{message: 试, {parts[where]}}}\n",
        encoding="utf-8",
    )
    assert only(folder) == ("rules/mine.yaml", 8, "'gone' is no situation")


def test_a_situation_defined_twice(folder: Path) -> None:
    line = edit(folder / "phrases/greeting.yaml", "id: greet-gotone-desk", "id: greet-vip-desk")
    found = problems(folder)
    assert ("phrases/greeting.yaml", line, "situation 'greet-vip-desk' is defined twice") in found


@pytest.mark.parametrize("name", ["script.yaml", "desks.yaml", "taboo.yaml"])
def test_a_missing_file(folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert only(folder) == (name, 1, "is missing; every script pack needs it")


@pytest.mark.parametrize("name", ["script.yaml", "phrases/hold.yaml", "rules/taboo.yaml"])
def test_a_file_that_is_empty_or_no_record(folder: Path, name: str) -> None:
    (folder / name).write_text("", encoding="utf-8")
    assert only(folder) == (name, 1, "is empty")
    for text in ("[1, 2]\n", "just text\n", "7\n"):
        (folder / name).write_text(text, encoding="utf-8")
        file, line, message = only(folder)
        assert (file, line) == (name, 1)
        assert "valid dictionary" in message or "Input should be" in message


def test_no_folder_at_all(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="not a script folder"):
        read_pack(tmp_path / "nowhere")


# ── several at once ────────────────────────────────────────────────────────────────────────────


def test_faults_of_reading_are_told_all_at_once(folder: Path) -> None:
    edit(folder / "script.yaml", 'version: "1.0.0"', "version: 1.0")
    edit(folder / "script.yaml", "name: ", "nmae: ")
    edit(folder / "phrases/greeting.yaml", "deadline_s: 2", "deadline_s: yes")
    edit(folder / "phrases/hold.yaml", "enters: hold", "enters: held")
    edit(folder / "rules/word-nin.yaml", "severity: ", "severtiy: ")
    (folder / "taboo.yaml").write_bytes(b"\xff\xfe")
    found = problems(folder)
    assert {file for file, _, _ in found} == {
        "script.yaml",
        "phrases/greeting.yaml",
        "phrases/hold.yaml",
        "rules/word-nin.yaml",
        "taboo.yaml",
    }
    assert len([p for p in found if p[0] == "script.yaml"]) == 3
    assert found == sorted(found)


def test_faults_of_meaning_are_told_all_at_once(folder: Path) -> None:
    edit(folder / "desks.yaml", "greeting: greet-vip-desk", "greeting: gone")
    edit(folder / "desks.yaml", "weekend_profile: seed", "weekend_profile: gone")
    edit(folder / "script.yaml", "profiles: {}", "profiles: {gone: gone}")
    edit(folder / "phrases/greeting.yaml", "{{ agent_name }}", "{{ gone }}")
    edit(folder / "taboo.yaml", "category: negation", "category: gone")
    edit(
        folder / "rules/time-silence-no-early-hangup.yaml",
        "situation: caller-silent",
        "situation: gone",
    )
    found = problems(folder)
    assert [file for file, _, _ in found] == [
        "desks.yaml",
        "desks.yaml",
        "phrases/greeting.yaml",
        "rules/time-silence-no-early-hangup.yaml",
        "script.yaml",
        "taboo.yaml",
    ]
    assert all("gone" in message for _, _, message in found)


# ── digest ─────────────────────────────────────────────────────────────────────────────────────


def test_the_digest_names_the_contents_but_not_the_cases(folder: Path) -> None:
    before = digest_of(folder)
    assert before == script().digest
    assert re.fullmatch(r"[0-9a-f]{16}", before)
    (folder / "cases").mkdir(exist_ok=True)
    (folder / "cases" / "extra.yaml").write_text("x", encoding="utf-8")
    assert digest_of(folder) == before
    edit(folder / "phrases/hold.yaml", "稍候片刻", "稍候一下")
    changed = digest_of(folder)
    assert changed != before
    (folder / "phrases/hold.yaml").rename(folder / "phrases/holds.yaml")
    assert digest_of(folder) not in {before, changed}
