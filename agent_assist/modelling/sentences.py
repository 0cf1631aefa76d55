"""Sentences for the language model: call scripts, bundled talk, spoken numbers.

Texts may hold placeholders, ``{{ agent_id }}`` in call scripts and ``{amount}``
in the bundled files; each is replaced by sample values as a caller would say
them.  Everything is returned as Chinese text without digits; letters stay (VIP).
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import reduce
from pathlib import Path
from typing import Any

from agent_assist.core.letters import LETTERS
from agent_assist.modelling.lexicon import han_only
from agent_assist.strict_yaml import load

Weighted = tuple[str, float]

TEXT_DIR = Path(__file__).with_name("text")
#: Weight of one sentence of each bundled file, relative to a script's wording.
FILE_WEIGHTS = {
    "agent": 0.6, "customer": 0.8, "talk": 0.4, "taboo": 0.25, "numbers": 0.5, "letters": 0.2,
}  # fmt: skip

FIGURES = "零一二三四五六七八九"
HOMOPHONES = "homophones.yaml"
#: How much the wordings under a key of a call script count; other keys hold no speech.
WORDING_WEIGHTS = {
    "say": 1.0, "accept": 1.0, "must_match": 1.0, "brand_greeting": 1.0, "words": 0.2, "word": 1.0,
    "text": 0.8, "agent_says": 0.5, "customer_says": 0.5, "phrase": 0.5, "replace": 0.5,
    "must_not_match": 0.4,
}  # fmt: skip
#: Weight of the same sentence with 你 where it has 您, so that the slip can be heard.
INFORMAL = 0.006

#: The hundred most frequent surnames, most frequent first; rarer ones would be heard for these.
SURNAMES = tuple(
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡"
    "贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤"
    "尹黎易常武乔贺赖龚文"
)
#: Weight of one run of letters, spelled for no reason.
SPELLED_WEIGHT = 0.1
#: Titles with how often they are said after a surname, beside the most usual one.
TITLES = {"先生": 1.0, "女士": 1.0, "小姐": 0.3}
#: What stands before a surname with its title, and behind it; the first stands for itself.
ADDRESSES = ("{}", "{}您好", "好的{}", "您好{}", "谢谢{}", "是{}吗", "请问{}")
#: How often a customer is addressed by the most frequent surname, relative to a script's wording.
ADDRESS_WEIGHT = 8.0
RARE_SURNAME = 0.1
"""Surnames less frequent than this, beside the most frequent one, stand only for themselves."""
GIVEN = (
    "伟", "芳", "娜", "敏", "静", "丽", "强", "磊", "军", "洋", "勇", "艳", "杰",
    "娟", "涛", "明", "超",
    "秀英", "霞", "平", "刚", "桂英", "建华", "志强", "小红", "海燕",
)  # fmt: skip
_PLACEHOLDER = re.compile(r"\{\{\s*(\w+)[^}]*\}\}|\{(\w+)\}")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_CLAUSE = re.compile("[。！？；，：,.!?;:…—\\s]+")
Rng = random.Random


def spoken_digits(digits: str, rng: Rng | None = None) -> str:
    """Digits one by one; 1 is 幺, as on the telephone (with ``rng``: mostly)."""
    one = "幺" if rng is None or rng.random() < 0.75 else "一"
    return "".join(one if d == "1" else FIGURES[int(d)] for d in digits if d.isdigit())


def spoken_number(value: int) -> str:
    """A cardinal number below one hundred million.

    >>> spoken_number(10086), spoken_number(15), spoken_number(205)
    ('一万零八十六', '十五', '二百零五')
    """
    if value >= 10000:
        high, low = divmod(value, 10000)
        gap = "零" if 0 < low < 1000 else ""
        return spoken_number(high) + "万" + (gap + spoken_number(low) if low else "")
    text, pending = "", False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = value // unit % 10
        if digit:
            text += ("零" if pending else "") + FIGURES[digit] + name
        pending = bool(text) and not digit
    return (text[1:] if text.startswith("一十") else text) or "零"


def spoken_figures(text: str) -> str:
    """Replace Arabic digits: four and more one by one, fewer as a number."""

    def say(match: re.Match[str]) -> str:
        whole, _, fraction = match[0].partition(".")
        spoken = spoken_digits(whole) if len(whole) >= 4 else spoken_number(int(whole))
        return spoken + ("点" + "".join(FIGURES[int(d)] for d in fraction) if fraction else "")

    return _NUMBER.sub(say, text)


def surname_weight(surname: str) -> float:
    """How frequent a surname is compared with the most frequent one (about 1 / rank)."""
    return 1.0 / (1 + SURNAMES.index(surname) / 3)


_SURNAME_WEIGHTS = tuple(surname_weight(surname) for surname in SURNAMES)


def _surname(rng: Rng) -> str:
    return rng.choices(SURNAMES, _SURNAME_WEIGHTS)[0]


def _digits(rng: Rng, count: int) -> str:
    return spoken_digits("".join(rng.choice("0123456789") for _ in range(count)), rng)


def _phone(rng: Rng) -> str:
    digits = "1" + rng.choice("3456789") + "".join(rng.choices("0123456789", k=9))
    spoken = spoken_digits(digits)
    return spoken if rng.random() < 0.5 else spoken.replace("幺", "一")


def _amount(rng: Rng) -> str:
    whole = spoken_number(
        rng.choice((rng.randint(1, 60), rng.randint(1, 400), 10 * rng.randint(1, 50)))
    )
    tail = rng.choice(("", "", FIGURES[rng.randint(1, 9)], FIGURES[rng.randint(1, 9)] + "角"))
    return whole + rng.choice(("元", "块", "块钱")) + tail


SAMPLES: Mapping[str, Callable[[Rng], str]] = {
    "phone": _phone,
    "amount": _amount,
    "surname": _surname,
    "title": lambda r: r.choice(("先生", "女士")),
    "name": lambda r: _surname(r) + r.choice(GIVEN),
    "customer_name": lambda r: _surname(r) + r.choice(GIVEN),
    "agent_name": lambda r: r.choice(("小周", "小李", "小王", "张莉", "王芳")),
    "agent_id": lambda r: _digits(r, r.choice((3, 4, 4, 5))),
    "id_number": lambda r: _digits(r, 18),
    "four": lambda r: _digits(r, 4),
    "six": lambda r: _digits(r, 6),
    "digit": lambda r: r.choice("零一二三四五六七八九"),
    "key": lambda r: r.choice("零一二三四五六七八九"),
    "counter": lambda r: r.choice("一二三四五六七八九"),
    "count": lambda r: spoken_number(r.choice((r.randint(1, 30), 10 * r.randint(1, 50)))),
    "hundreds": lambda r: spoken_number(r.randint(100, 9999)),
    "month": lambda r: spoken_number(r.randint(1, 12)),
    "day": lambda r: spoken_number(r.randint(1, 31)),
    "hour": lambda r: spoken_number(r.randint(1, 12)),
    "minutes": lambda r: r.choice(("两", "三", "五", "十", "十五", "三十")),
    "hours": lambda r: r.choice(("两", "六", "十二", "二十四", "四十八", "七十二")),
    "cents": lambda r: "零点" + FIGURES[r.randint(1, 9)] + r.choice(("", "五", "九")) + "元",
    "gb": lambda r: r.choice(("吉", "兆")),
    "company": lambda r: r.choice(("中国移动", "移动公司")),
    "org": lambda r: r.choice(("银行", "联通", "电信", "公安局")),
    "desk": lambda r: r.choice(("全球通", "大客户", "投诉", "宽带", "集团客户")),
    "hall": lambda r: r.choice(("中山路营业厅", "人民路营业厅")),
    "festival": lambda r: r.choice(("节日", "春节", "中秋", "国庆", "元旦", "五一", "端午")),
    "brand_greeting": lambda r: r.choice(("中国移动，很高兴为您服务", "全球通客户代表为您服务")),
    "business": lambda r: r.choice(
        ("流量套餐", "来电显示", "彩铃", "呼叫转移", "宽带", "国际漫游")
    ),
    "product": lambda r: r.choice(("流量套餐", "家庭套餐", "宽带套餐")),
    "topic": lambda r: r.choice(("话费", "流量", "套餐", "宽带")),
    "detail": lambda r: r.choice(("账单", "套餐内容", "流量使用情况")),
    "answer": lambda r: r.choice(("可以办理", "下个月生效", "暂时不能办理")),
    "paraphrase": lambda r: r.choice(("您想查询话费", "您要取消业务", "您的手机不能上网")),
    "rephrased": lambda r: r.choice(("流量用完以后会另外收费", "下个月一号生效")),
    "target": lambda r: r.choice(("投诉专席", "宽带专席", "营业厅", "相关部门")),
    "services": lambda r: r.choice(("话费查询", "业务办理", "投诉建议")),
    "alternative": lambda r: r.choice(("到营业厅办理", "发送短信办理", "登录网上营业厅")),
    "action": lambda r: r.choice(("查询", "办理", "核实", "取消")),
    "feature": lambda r: r.choice(("流量多", "资费低", "全国通用")),
    "advantage": lambda r: r.choice(("更划算", "更方便")),
    "benefit": lambda r: r.choice(("节省话费", "多用流量")),
    "reason": lambda r: r.choice(("系统升级", "网络故障", "超出套餐")),
}


def fill(text: str, rng: Rng) -> str:
    """Replace the placeholders of ``text``; unknown ones become a pause."""

    def sample(match: re.Match[str]) -> str:
        make = SAMPLES.get(match[1] or match[2])
        return make(rng) if make else "，"

    return spoken_figures(_PLACEHOLDER.sub(sample, text))


def expand(text: str, weight: float, rng: Rng, copies: int = 6) -> Iterator[Weighted]:
    """Whole sentence and its clauses, several times when it holds placeholders."""
    count = copies if _PLACEHOLDER.search(text) else 1
    for _ in range(count):
        filled = fill(text, rng)
        yield filled, weight / count
        clauses = [clause for clause in _CLAUSE.split(filled) if han_only(clause)]
        if len(clauses) > 1:
            for clause in clauses:
                yield clause, 0.5 * weight / count


def script_texts(folder: Path) -> Iterator[Weighted]:
    """All wordings in the YAML files of a call script folder, weighted by what they are.

    Taken are the keys of ``WORDING_WEIGHTS``, wherever they stand. Where a word of
    ``homophones.yaml`` stands, the usual one that it sounds like is what can be heard.
    """
    files = {path: load(path).data for path in sorted(folder.rglob("*.yaml"))}
    lists = (data["homophones"] for path, data in files.items() if path.name == HOMOPHONES)
    usual = {word: other for each in lists for word, other in each.items()}
    for data in files.values():
        for text, weight in _wordings(data):
            yield reduce(lambda t, word: t.replace(word, usual[word]), usual, text), weight


def _wordings(node: Any, key: str = "") -> Iterator[Weighted]:
    if isinstance(node, dict):
        for name, value in node.items():
            yield from _wordings(value, str(name))
    elif isinstance(node, list):
        for value in node:
            yield from _wordings(value, key)
    elif isinstance(node, str) and key in WORDING_WEIGHTS:
        yield node, WORDING_WEIGHTS[key]


def bundled_sentences(seed: int = 0) -> list[Weighted]:
    """Sentences of the bundled text files and spoken numbers."""
    rng = random.Random(seed)
    found: list[Weighted] = []
    for name, weight in FILE_WEIGHTS.items():
        path = TEXT_DIR / f"{name}.txt"
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        for line in lines:
            if line and not line.startswith("#"):
                found += expand(line, weight, rng)
    for kind, count in (("phone", 150), ("amount", 80), ("four", 30), ("six", 20), ("name", 60)):
        found += [(SAMPLES[kind](rng), FILE_WEIGHTS["numbers"]) for _ in range(count)]
    for before in ("号码是", "是", "手机号是", "电话是", "查话费", "重复一下", "您的号码是"):
        found += [(before + _phone(rng), 0.4) for _ in range(8)]
    found += _addresses()
    found += [(run, SPELLED_WEIGHT) for _ in range(3) for run in _spelled(rng)]
    return found


def _addresses() -> Iterator[Weighted]:
    """Surnames with a title, at the beginning of what is said or after a few usual words."""
    for surname in SURNAMES:
        frequent = surname_weight(surname)
        usual = ADDRESSES if frequent >= RARE_SURNAME else ADDRESSES[:1]
        for title, share in TITLES.items():
            weight = ADDRESS_WEIGHT * frequent * share / len(usual)
            yield from ((address.format(surname + title), weight) for address in usual)


def _spelled(rng: Rng) -> Iterator[str]:
    """The alphabet in any order, cut into runs of two to four letters."""
    letters = rng.sample(list(LETTERS), len(LETTERS))
    while letters:
        count = rng.randint(2, 4)
        yield "".join(letters[:count])
        del letters[:count]


def informal(sentences: Iterable[Weighted]) -> list[Weighted]:
    """The sentences that say 您, with 你 in its place."""
    return [(text.replace("您", "你"), INFORMAL * w) for text, w in sentences if "您" in text]


def script_sentences(texts: Iterable[Weighted], seed: int = 0) -> list[Weighted]:
    """Sentences of a site's own wordings and their informal variants."""
    rng = random.Random(seed)
    found = [pair for text, weight in texts for pair in expand(text, weight, rng)]
    return found + informal(found)
