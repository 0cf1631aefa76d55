"""What this computer has, what it lacks, and how to get it: one line for a person each."""

from __future__ import annotations

import importlib
import importlib.util
import shutil
import subprocess
import sys
import webbrowser
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from agent_assist.errors import AgentAssistError

OLDEST_PYTHON = (3, 11)
PACKAGES = {
    "vosk": "vosk",
    "numpy": "numpy",
    "rapidfuzz": "rapidfuzz",
    "pypinyin": "pypinyin",
    "jinja2": "jinja2",
    "pydantic": "pydantic",
    "PyYAML": "yaml",
    "holidays": "holidays",
    "soundfile": "soundfile",
    "soxr": "soxr",
    "webrtcvad-wheels": "webrtcvad",
    "fastapi": "fastapi",
    "uvicorn": "uvicorn",
    "websockets": "websockets",
}
"""Packages that must be there, with the name each is imported by."""
SHOWING = ("x-www-browser", "firefox", "firefox-esr", "chromium", "chromium-browser",
           "google-chrome", "microsoft-edge", "epiphany")  # fmt: skip
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "msedge")
LEAST_FREE_MB = 500


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at; ``remedy`` says how to get it when it does not work."""

    name: str
    works: bool
    needed: bool
    detail: str
    remedy: str = ""

    def __str__(self) -> str:
        mark = "✓ 正常" if self.works else "✗ 缺失" if self.needed else "– 可选"
        line = f"{mark}  {self.name}：{' '.join(self.detail.split())}"
        return line if self.works or not self.remedy else f"{line}  →  {self.remedy}"


def examine(model: Path, script: Path) -> list[Check]:
    """Look at everything; the last check sums up what can be done with what is there."""
    checks = [
        python_version(),
        packages(),
        script_pack(script),
        recogniser_model(model),
        sound_devices(),
        spoken_voice(),
        browser(),
        browser_for_tests(),
        disk_space(Path.cwd()),
    ]
    return [*checks, summary(checks)]


def python_version() -> Check:
    found = sys.version_info[:3]
    oldest = ".".join(map(str, OLDEST_PYTHON))
    shown = ".".join(map(str, found))
    remedy = f"安装 Python {oldest} 或更新版本"
    return Check("Python", found >= OLDEST_PYTHON, True, f"{shown}（{sys.executable}）", remedy)


def packages() -> Check:
    """Every package that is needed can be imported; a damaged one is told from a missing one."""
    found: list[str] = []
    faults: list[str] = []
    for name, module in PACKAGES.items():
        try:
            importlib.import_module(module)
            found.append(f"{name} {version(name)}")
        except (ImportError, OSError, PackageNotFoundError) as error:
            faults.append(f"{name}（{error}）")
    if faults:
        return Check("依赖包", False, True, "；".join(faults), "pip install . 或 make setup")
    return Check("依赖包", True, True, "、".join(found))


def script_pack(folder: Path) -> Check:
    try:
        from agent_assist.catalogue.compiler import load_script

        script = load_script(folder)
    except AgentAssistError as error:
        first = str(error).splitlines()[0]
        return Check("话术包", False, True, first, f"agent-assist check {folder}")
    except (ImportError, OSError) as error:
        return Check("话术包", False, True, f"无法检查：{error}", "先装好依赖包")
    counts = (
        f"{len(script.situations)} 个情形、{len(script.rules)} 条规则、{len(script.taboo)} 条忌语"
    )
    detail = f"{script.name} {script.version}，{counts}，指纹 {script.digest}"
    return Check("话术包", True, True, detail)


def recogniser_model(folder: Path) -> Check:
    """The model loads, which also proves its files whole."""
    try:
        from agent_assist.apps.engines import load_engine
        from agent_assist.modelling.digest import model_digest

        rate = load_engine(folder).sample_rate
        digest = model_digest(folder)
    except AgentAssistError as error:
        remedy = "用 --model 指定 vosk 模型目录，或重新取得自带模型"
        return Check("识别模型", False, True, str(error), remedy)
    except (ImportError, OSError) as error:
        return Check("识别模型", False, True, f"无法检查：{error}", "先装好依赖包")
    size_mb = sum(f.stat().st_size for f in folder.rglob("*") if f.is_file()) / 1e6
    detail = f"{folder.name}，{size_mb:.1f} MB，{rate} Hz，指纹 {digest}"
    return Check("识别模型", True, True, detail)


def sound_devices() -> Check:
    """PortAudio and its devices; replaying recordings needs neither."""
    try:
        devices = list(importlib.import_module("sounddevice").query_devices())
    except ImportError:
        return Check("声音设备", False, False, "没有 sounddevice", "pip install sounddevice")
    except OSError as error:  # the library itself is missing
        return Check("声音设备", False, False, str(error), "apt-get install libportaudio2")
    except Exception as error:  # PortAudio's own, defined in what may be missing
        return Check("声音设备", False, False, f"PortAudio：{error}", "检查声卡驱动")
    inputs = sum(device["max_input_channels"] > 0 for device in devices)
    detail = f"{len(devices)} 个设备，其中 {inputs} 个可以录音"
    return Check("声音设备", inputs > 0, False, detail, "接上耳麦")


def spoken_voice() -> Check:
    """A Mandarin voice for spoken prompts: espeak-ng on Linux, the system's own elsewhere."""
    if sys.platform != "linux":
        there = importlib.util.find_spec("pyttsx3") is not None
        return Check("语音播报", there, False, "用系统自带的语音", "pip install pyttsx3")
    program = shutil.which("espeak-ng")
    if program is None:
        return Check("语音播报", False, False, "没有 espeak-ng", "apt-get install espeak-ng")
    try:
        listed = subprocess.run(
            [program, "--voices=cmn"], capture_output=True, text=True, timeout=10, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired) as error:
        return Check("语音播报", False, False, f"espeak-ng：{error}", "重新安装 espeak-ng")
    detail = "espeak-ng 普通话" if "cmn" in listed else "espeak-ng 没有普通话"
    return Check("语音播报", "cmn" in listed, False, detail, "apt-get install espeak-ng-data")


def browser() -> Check:
    """What shows the overlay: any browser, or a window of its own."""
    try:
        name = webbrowser.get().__class__.__name__ if sys.platform != "linux" else ""
        path = name or next(filter(None, map(shutil.which, SHOWING)), None)
    except webbrowser.Error:
        path = None
    window = importlib.util.find_spec("webview") is not None
    detail = path or ("悬浮窗口（pywebview）" if window else "没有找到浏览器")
    remedy = "装一个浏览器；没有时用 live --terminal"
    return Check("浏览器", path is not None or window, False, detail, remedy)


def browser_for_tests() -> Check:
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    detail = path or "没有找到 Chromium"
    return Check("测试用浏览器", path is not None, False, detail, "apt-get install chromium")


def disk_space(folder: Path) -> Check:
    free_mb = shutil.disk_usage(folder).free // 1_000_000
    enough = free_mb >= LEAST_FREE_MB
    return Check("磁盘空间", enough, False, f"剩余 {free_mb / 1000:.1f} GB", "清理磁盘")


def summary(checks: list[Check]) -> Check:
    """Which rung of the ladder this computer stands on; the remedy is the next step up."""
    works = {check.name: check.works for check in checks}
    if not (works["Python"] and works["依赖包"] and works["话术包"]):
        return Check("小结", False, True, "现在不能运行", "先解决上面标 ✗ 的各项")
    lacking = [rung for rung in LADDER if not works[rung[0]]]
    if not lacking:
        return Check("小结", True, True, "全部可用：实时识别、提示、质检，悬浮页，语音播报")
    left = "；".join(rest for _, rest, _ in lacking)
    steps = "；".join(f"{n}. {step}" for n, (_, _, step) in enumerate(lacking, start=1))
    is_able = works["识别模型"]
    detail = f"可以运行，但{left}。要更进一步：{steps}" if is_able else left
    return Check("小结", is_able, True, detail, "" if is_able else steps)


LADDER = (
    (
        "识别模型",
        "没有识别模型：live 只按时间和静音提示、判断，录音不能质检，文字记录（.call.yaml）可以",
        "修好识别模型，或用 --model 另指一个",
    ),
    (
        "声音设备",
        "没有麦克风：live 是手动模式，点选情形得到提示，不质检；录音可以质检",
        "接上耳麦（Linux 上还要 libportaudio2），用 agent-assist devices 查看",
    ),
    (
        "浏览器",
        "没有浏览器：live 用 --terminal 在终端显示，输入数字点选情形",
        "装一个浏览器，或 pip install 'agent-assist[window]'",
    ),
    ("语音播报", "没有普通话语音：不能用 --whisper 和 say", "按“语音播报”一项安装"),
)
"""What may be missing, best rung first: what is left without it, and how to climb."""
