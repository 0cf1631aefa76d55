"""Manual duties become forms by what decides them; whole forms follow in the order of the file."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from agent_assist.catalogue.compiler import load_script
from agent_assist.catalogue.manual_data import NEEDS, FormData, ManualFile, ManualRuleData
from agent_assist.errors import ScriptError
from agent_assist.settings import DEFAULT_SCRIPT, SCRIPTS


def duty(name: str, needs: str) -> ManualRuleData:
    return ManualRuleData.model_validate(
        {"id": name, "title": name, "duty": "d", "severity": "minor", "source": "s"}
        | {"needs": needs, "question": f"{name}？", "answers": ["是", "否"]}
    )


def test_duties_are_gathered_by_what_decides_them() -> None:
    form = FormData.model_validate(
        {"id": "f", "title": "表", "use": "visit", "source": "S", "questions": [{"ask": "好？"}]}
    )
    rules = [duty("b", "ticket"), duty("a", "listening"), duty("c", "ticket")]
    forms = ManualFile(rules=rules, forms=[form]).to_forms()
    assert [(f.title, [q.ask for q in f.questions]) for f in forms] == [
        ("听录音评定", ["a？"]),
        ("核对工单", ["b？", "c？"]),
        ("表", ["好？"]),
    ]
    assert forms[-1].questions[0].answers == ("是", "否", "不适用")


@pytest.mark.parametrize("pack", ["10086", "yingyeting"])
def test_every_duty_of_the_bundled_packs_is_asked(pack: str) -> None:
    forms = load_script(SCRIPTS / pack).forms
    assert {"10086": "service-recovery", "yingyeting": "hall-recovery"}[pack] in {
        form.id for form in forms
    }
    assert {form.title for form in forms} & set(NEEDS.values())


def test_a_form_is_there_once(tmp_path: Path) -> None:
    folder = shutil.copytree(DEFAULT_SCRIPT, tmp_path / "mine")
    manual = folder / "manual.yaml"
    text = manual.read_text(encoding="utf-8")
    line = text[: text.index("id: service-audit")].count("\n") + 1
    text = text.replace("id: service-audit", "id: service-recovery")
    manual.write_text(text, encoding="utf-8")
    with pytest.raises(ScriptError) as refused:
        load_script(folder)
    (problem,) = refused.value.problems
    assert (problem.line, "'service-recovery' is there already" in problem.message) == (line, True)
