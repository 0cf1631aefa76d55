"""The doctor names what is missing and how to get it, and never falls ill itself."""

from __future__ import annotations

import importlib
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from agent_assist import settings
from agent_assist.apps import doctor
from agent_assist.apps.doctor import Check
from tests.packs import script


def test_every_line_tells_state_and_remedy() -> None:
    assert str(Check("磁盘", True, False, "剩余 9 GB", "清理")) == "✓ 正常  磁盘：剩余 9 GB"
    assert str(Check("模型", False, True, "缺\n文件", "重装")) == "✗ 缺失  模型：缺 文件  →  重装"
    assert str(Check("声卡", False, False, "没有", "接上")).startswith("– 可选")


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "holidays", None)
    check = doctor.packages()
    assert (check.works, check.needed) == (False, True)
    assert "holidays" in check.detail
    assert "numpy" not in check.detail


def test_an_old_python_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "OLDEST_PYTHON", (99, 0))
    assert not doctor.python_version().works


def test_portaudio_missing_is_no_obstacle(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> None:
        raise OSError("PortAudio library not found")

    monkeypatch.setattr(importlib, "import_module", refuse)
    check = doctor.sound_devices()
    assert (check.works, check.needed) == (False, False)
    assert "libportaudio2" in str(check)


def test_sound_devices_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    devices = [{"max_input_channels": 2}, {"max_input_channels": 0}]
    library = SimpleNamespace(query_devices=lambda: devices)
    monkeypatch.setattr(importlib, "import_module", lambda name: library)
    assert "2 个设备，其中 1 个可以录音" in str(doctor.sound_devices())


def test_a_broken_sound_system_is_no_obstacle(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise RuntimeError("device unplugged")

    library = SimpleNamespace(query_devices=fail)
    monkeypatch.setattr(importlib, "import_module", lambda name: library)
    assert "device unplugged" in str(doctor.sound_devices())


def test_programs_that_are_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert "apt-get install espeak-ng" in str(doctor.spoken_voice())
    assert "apt-get install chromium" in str(doctor.browser_for_tests())
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert "--terminal" in str(doctor.browser())


def test_the_bundled_script_is_counted() -> None:
    check = doctor.script_pack(settings.DEFAULT_SCRIPT)
    assert check.works
    assert f"{len(script().situations)} 个情形" in check.detail


def test_a_faulty_script_is_shown_by_its_first_problem(tmp_path: Path) -> None:
    (tmp_path / "script.yaml").write_text("name: [\n", encoding="utf-8")
    check = doctor.script_pack(tmp_path)
    assert not check.works
    assert ".yaml:" in check.detail
    assert "agent-assist check" in check.remedy


def test_a_missing_model_leaves_transcripts(tmp_path: Path) -> None:
    checks = doctor.examine(tmp_path / "nowhere", settings.DEFAULT_SCRIPT)
    failed = [check.name for check in checks if check.needed and not check.works]
    assert failed == ["识别模型", "小结"]
    assert "文字记录" in checks[-1].detail
    assert "--model" in checks[-1].remedy


def test_summary_tells_the_rung() -> None:
    names = ("Python", "依赖包", "话术包", "识别模型", "声音设备", "浏览器", "语音播报")
    whole = {name: Check(name, True, True, "") for name in names}
    assert doctor.summary(list(whole.values())).detail.startswith("全部可用")
    silent = {**whole, "声音设备": Check("声音设备", False, False, "")}
    told = doctor.summary(list(silent.values()))
    assert told.works
    assert "手动模式" in told.detail
    assert "agent-assist devices" in told.detail, "how to climb"
    blind = {**silent, "浏览器": Check("浏览器", False, False, "")}
    assert "--terminal" in doctor.summary(list(blind.values())).detail
    lost = {**whole, "话术包": Check("话术包", False, True, "")}
    assert not doctor.summary(list(lost.values())).works


def test_the_bundled_model_loads() -> None:
    check = doctor.recogniser_model(settings.DEFAULT_MODEL)
    assert check.works, check
    assert "16000 Hz" in check.detail
