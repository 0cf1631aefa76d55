"""Write the sentences of the call scripts and bundled talk for synthesis.

One sentence a line, numbers written out, placeholders filled.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from agent_assist.modelling.sentences import bundled_sentences, script_sentences, script_texts

SHORTEST, LONGEST = 2, 36


def spoken(line: str) -> bool:
    """Whether a line is Chinese with nothing but Chinese punctuation in between."""
    return bool(re.fullmatch("[\u4e00-\u9fff，。！？、；：“”…]+", line))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scripts", type=Path, required=True, help="folder of call scripts")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    pairs = [*script_sentences(script_texts(args.scripts)), *bundled_sentences()]
    lines = {text.strip("，。！？") for text, _ in pairs}
    kept = sorted(line for line in lines if SHORTEST <= len(line) <= LONGEST and spoken(line))
    args.out.write_text("\n".join(kept) + "\n", encoding="utf-8")
    print(f"{len(kept)} sentences")


if __name__ == "__main__":
    main()
