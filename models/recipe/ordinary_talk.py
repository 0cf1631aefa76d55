"""Count catalogue sentences found in speech that holds none.

Reads files of ``decode.py`` and matches what was heard with the call scripts as the
product does.  A find that is also made in the true text is no error of hearing.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from agent_assist.catalogue.compiler import compile_pack
from agent_assist.catalogue.pack import read_pack
from agent_assist.core.pipeline import Phrases
from agent_assist.core.text import spoken


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("decoded", type=Path, nargs="+")
    parser.add_argument("--scripts", type=Path, required=True)
    parser.add_argument("--out", type=Path, help="write the figures here")
    args = parser.parse_args()
    matcher = Phrases.from_script(compile_pack(read_pack(args.scripts))).matcher
    seconds, found = 0.0, 0
    for path in args.decoded:
        for text in path.read_text(encoding="utf-8").splitlines():
            line = json.loads(text)
            seconds += line["seconds"]
            heard = "".join(word["word"] for word in line["words"])
            true = {match.wording for match in matcher.find(spoken(line["text"]))}
            for match in matcher.find(spoken(heard)):
                if match.wording not in true:
                    found += 1
                    print(f"{match.score:.2f} {match.owners[0]} {heard} <- {line['text']}")
    result = {
        "minutes": round(seconds / 60, 1),
        "false_matches": found,
        "in_ten_minutes": round(600 * found / seconds, 2),
    }
    print(json.dumps(result))
    if args.out:
        args.out.write_text(json.dumps(result) + "\n", encoding="ascii")


if __name__ == "__main__":
    main()
