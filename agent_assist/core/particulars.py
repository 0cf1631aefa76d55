"""What the call itself tells for the placeholders of lines: who, what about, in whose words."""

from __future__ import annotations

import re
from functools import lru_cache

from agent_assist.core.context import CallContext
from agent_assist.core.cues import spoken_phone
from agent_assist.core.script import Business, Script, Step
from agent_assist.core.spotting import Turn
from agent_assist.core.text import any_of, spoken

DAY_MIN = 1440
PARAPHRASE_CHARS = range(5, 26)
"""So many characters of the customer's own words can be said back."""
_COMPOUND = ("欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "司徒")
_SINGLE = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏"
    "吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃"
    "武钱戴严莫孔向常汤康易乔赖文施洪季辛齐梅葛章鲁倪庞樊俞翁毕童柳包焦温游甘欧祝霍管牛殷耿路舒詹关"
    "仇柴车项娄苗鲍卓翟岳盛佟褚卫蒙池桑桂尚晏瞿阎慕连茹习艾容古匡文寇栾甄曲封芮储靳邢裴荣荀惠阮闵虞柯解应"
    "宗宣郁单左吉涂冉申简饶曾沙鞠丰聂谷宁滕祁卞嵇牟巩窦庄骆缪戚迟谈肇巫佘晁鄢冼敖燕栗凌卜苟荆裘阚费仝逄丛隋麦洛綦冷展闻祖邸鹿晋蔺戈胥"
)
_NAME = "(?P<name>" + "|".join(_COMPOUND) + "|[" + "".join(sorted(_SINGLE)) + "])"
_TITLE = "(?:先生|女士)"
_TOLD = (
    re.compile(f"(?:我姓|免贵姓|敝姓|姓){_NAME}(?!名)"),
    re.compile(r"(?:我|免贵|敝)姓(?P<name>[一-鿿])(?=$|[，。！、的啊])(?<!名)"),
    re.compile(f"(?:我叫|我的名字叫|我的名字是){_NAME}(?=[一-鿿]{{1,2}}(?:$|[，。]))"),
    re.compile(f"(?:我叫|我是|我就是|这里是){_NAME}(?={_TITLE})"),
)
_ANSWER = re.compile(
    f"^(?:嗯|哦|叫|我自己的|我的|就是我|我本人)?[，、]?{_NAME}(?:[，、](?P=name))?[一-鿿]{{0,2}}?{_TITLE}?[。！]?$"
)
_ASKS_NAME = re.compile("怎么称呼|贵姓|姓名|您的名字|称呼您|叫什么|叫啥|名字是")
_EITHER = re.compile("先生(还是|或者?|、)女士")

_FILLERS = re.compile(r"^(?:你好|您好|喂|嗯|啊|哦|那个|就是|是这样的|请问|[，。、！？\s])+")
_CLAUSE = re.compile(r"[^，。！？；…]+")
_NOT_SAID_BACK = re.compile("你|[0-9零一二三四五六七八九幺]{4}|密码")
_TURNED = (("我们", "您"), ("我", "您"), ("你们", "我们"))
"""How the customer's words are said back to him."""


def asks_name(text: str) -> bool:
    """Whether the agent asks what the customer is called."""
    return bool(_ASKS_NAME.search(text))


def told_surname(text: str, *, asked: bool) -> str:
    """The surname that the customer tells; ``asked``: the agent has just asked for it."""
    patterns = (*_TOLD, _ANSWER) if asked else _TOLD
    found = next((m for pattern in patterns if (m := pattern.search(text))), None)
    return found["name"] if found else ""


@lru_cache(maxsize=32)
def _businesses(script: Script) -> tuple[tuple[str, Business], ...]:
    """What customers ask about, by its words."""
    return tuple((spoken(word).chars, each) for each in script.businesses for word in each.words)


@lru_cache(maxsize=32)
def _any_business(script: Script) -> re.Pattern[str]:
    return any_of(word for word, _ in _businesses(script))


@lru_cache(maxsize=32)
def _unfit(script: Script) -> re.Pattern[str]:
    """Abuse, which is not said back."""
    cues = (s.trigger.customer_says for s in script.situations.values() if s.category == "abuse")
    return any_of(spoken(wording.text).chars for each in cues for wording in each)


class Particulars:
    """Values by placeholder: those known from the start, and those heard since."""

    def __init__(self, script: Script, context: CallContext) -> None:
        self.values = dict(context.values)
        self._businesses = _businesses(script)
        self._any_business = _any_business(script)
        self._start_min = context.start_min
        self._unfit = _unfit(script)
        self._surname = ""
        self._asked_name = False

    def hear_agent(self, turn: Turn) -> None:
        """The agent knows by the voice whether it is a gentleman or a lady."""
        text = turn.utterance.text
        self._asked_name = asks_name(text)
        titles = [] if _EITHER.search(text) else re.findall("先生|女士", text)
        if titles and "title" not in self.values and len(set(titles)) == 1:
            self.values["title"] = titles[0]
            self._name_customer()

    def hear_customer(self, turn: Turn) -> bool:
        """Take up what the customer tells; whether he can be addressed by name from now on."""
        text = turn.utterance.text
        if phone := spoken_phone(turn.text):
            self.values["phone"] = phone
        elif not self._unfit.search(turn.text.chars):
            self._quote(text)
        self._recognise_business(turn.text.chars)
        return self._recognise_name(text)

    def tell_time(self, step: Step, at_ms: int) -> None:
        """Set the times of day that a step speaks of, counted from now."""
        wording = step.say or step.do
        for slot in wording.slots if wording else ():
            if slot.clock_min is not None and self._start_min is not None:
                due_min = self._start_min + at_ms // 60_000 + slot.clock_min
                days, minute = divmod(due_min, DAY_MIN)
                day = ("", "次日")[days] if days < 2 else f"{days}天后"
                self.values[slot.name] = f"{day}{minute // 60:02d}:{minute % 60:02d}"

    def _recognise_name(self, text: str) -> bool:
        name = told_surname(text, asked=self._asked_name)
        self._asked_name = False
        if not name or "surname" in self.values:
            return False
        if title := re.search(f"{name}({_TITLE})", text):
            self.values["title"] = title[1]
        self._surname = name
        self._name_customer()
        return "surname" in self.values

    def _name_customer(self) -> None:
        """A surname is said with 先生 or 女士 only."""
        if self._surname and self.values.get("title"):
            self.values["surname"] = self._surname

    def _recognise_business(self, chars: str) -> None:
        if not self._any_business.search(chars):
            return
        *_, business = max(
            ((chars.rfind(word), len(word), business) for word, business in self._businesses),
            key=lambda each: each[:2],
        )
        self.values["business"] = self.values["topic"] = business.name
        if business.key:
            self.values["key"] = business.key
        else:
            self.values.pop("key", None)

    def _quote(self, text: str) -> None:
        """The customer's last words worth saying back, from his side to the agent's."""
        clauses = [found.group().strip() for found in _CLAUSE.finditer(_FILLERS.sub("", text))]
        quote = ""
        for clause in clauses:
            longer = f"{quote}，{clause}" if quote else clause
            if len(longer) >= PARAPHRASE_CHARS.stop:
                break
            quote = longer
        for mine, yours in _TURNED:
            quote = quote.replace(mine, yours)
        if len(quote) in PARAPHRASE_CHARS and not _NOT_SAID_BACK.search(quote):
            self.values["paraphrase"] = quote
