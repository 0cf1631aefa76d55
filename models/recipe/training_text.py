"""Write the sentences of the call scripts and bundled talk for synthesis.

One sentence a line, numbers written out, placeholders filled.  With ``--addresses`` only
sentences that call a customer by name, a third of them 李, which the network used to hear as 雷.
"""

from __future__ import annotations

import argparse
import random
import re
from pathlib import Path

from agent_assist.modelling.sentences import bundled_sentences, script_sentences, script_texts

SHORTEST, LONGEST = 2, 36
SURNAMES = "李李李李李李雷黎王张刘陈倪林梁赵吴吕孟裴贝米季何"
ADDRESSES = (
    "{}先生您好", "好的{}先生", "{}女士您好，请问有什么可以帮您", "好的，{}女士，请您稍等",
    "感谢{}先生的耐心等待", "{}先生，让您久等了", "非常抱歉{}女士", "{}先生请您报一下手机号码",
    "那{}先生，我帮您查一下", "请问是{}女士本人吗", "{}小姐您好", "请问您贵姓，我姓{}",
    "{}先生，您的套餐已经办理成功", "您好{}先生，很高兴为您服务", "嗯好的{}先生您别着急",
)  # fmt: skip


def spoken(line: str) -> bool:
    """Whether a line is Chinese with nothing but Chinese punctuation in between."""
    return bool(re.fullmatch("[\u4e00-\u9fff，。！？、；：“”…]+", line))


def addresses(rng: random.Random) -> set[str]:
    """Every address to 李, and each to a few others."""
    others = {line.format(rng.choice(SURNAMES)) for line in ADDRESSES for _ in range(14)}
    return others | {line.format("李") for line in ADDRESSES}


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scripts", type=Path, required=True, help="folder of call scripts")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--addresses", action="store_true", help="nothing but calling by name")
    args = parser.parse_args()
    if args.addresses:
        args.out.write_text("\n".join(sorted(addresses(random.Random(5)))), encoding="utf-8")
        return
    pairs = [*script_sentences(script_texts(args.scripts)), *bundled_sentences()]
    lines = {text.strip("，。！？") for text, _ in pairs}
    kept = sorted(line for line in lines if SHORTEST <= len(line) <= LONGEST and spoken(line))
    args.out.write_text("\n".join(kept) + "\n", encoding="utf-8")
    print(f"{len(kept)} sentences")


if __name__ == "__main__":
    main()
