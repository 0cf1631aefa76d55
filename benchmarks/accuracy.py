"""Measures how right the inspector is and writes docs/accuracy.md.

``python -m benchmarks.accuracy`` from the checkout; no test depends on it. The calls are those of
tests/calls, whose breaches are written in them, and the cases of the script pack. Characters are
spoilt by the same seeded noise as in tests/core/compliance/test_noise.py.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import yaml

from agent_assist.adapters.call_meta import validate_keys
from agent_assist.adapters.transcript import TranscriptKeys, to_call
from agent_assist.apps.calls import Overrides, Workshop, find_calls, from_transcript
from agent_assist.apps.script_cases import ORDINARY_CALL
from agent_assist.catalogue.pack import read_pack
from agent_assist.core.call import CallMeta
from agent_assist.core.compliance.inspector import Inspector
from agent_assist.core.context import CallContext
from agent_assist.core.events import CallStarted, Event, Finding, HungUpBy, Utterance
from agent_assist.core.pipeline import Judgement
from agent_assist.core.spotting import PhraseSpotter, Turn
from agent_assist.settings import DEFAULT_SCRIPT, SCRIPTS
from benchmarks.accuracy_independent import section
from benchmarks.accuracy_of_sound import followed, heard_and_judged, table
from tests.core.compliance.test_noise import misheard

CHECKOUT = Path(__file__).parents[1]
CALLS = CHECKOUT / "tests/calls"
RESULT = CHECKOUT / "docs/accuracy.md"
RATES = (0.0, 0.1, 0.2, 0.3, 0.4)
HOW = """## How verdicts bend to noise

The share of characters heard wrong is the mean of a posterior: what became of each character of the
catalogue's wordings is likely to such a degree under each share of errors, or under words of the
agent's own (`core/compliance/noise.py`). A turn that the recogniser is less sure of than that
counts as so much worse; one with half of its characters wrong may have held anything.

- **Said**: in clear talk a wording needs a score that 1,375 sentences of ordinary talk stay 0.04
  below; from a tenth of the characters wrong on, what the agent is asked to say needs less
  (`SAID_IN_NOISE`), what is held against him more than that (`FORBIDDEN`, `FORBIDDEN_LONG`),
  and it must fit clearly better than a harmless wording around it.
- **Likelier than all else**: what scores less is held against him, too, where the wording makes
  what was heard so much likelier than anything else does (`core/compliance/odds.py`): each
  character as an error makes it of the wording's, against what follows what in all that the script
  knows, what agents say besides (`talk.yaml`) and errors included, and against the lines of the
  script heard there (`FORBIDDEN_ODDS`; and `SAID_ODDS` for what an answer is due to).
- **Sounds like another**: recognised speech has no tones; a forbidden word that sounds like a usual
  one (`homophones.yaml`) is undetermined there.
- **Meant**: what has a forbidden meaning without any listed wording is held against the agent only
  where less than a tenth is heard wrong, or where nobody knows and it is seven characters long.
- **Absent**: a wording of n characters that was said scores a sum of n draws from `ERROR_COSTS`
  (counted in spoilt utterances). Its absence is believed, and a breach given, if so low a score is
  rarer than `LOST` (for an answer and a closing `LOST_ANSWER`, `LOST_CLOSING`); otherwise the
  verdict is undetermined. Long wordings are decided at three characters in ten wrong, single words
  of two characters are not.

These thresholds were chosen by hand, in a few rounds, on other random spoilings of the same calls
as are measured here; calls that were not looked at would fare worse."""


@dataclass(frozen=True, slots=True)
class Known:
    """A call and the breaches it holds, by rule (all of them, or only those of ``only``)."""

    context: CallContext
    said: tuple[Utterance, ...]
    ended_at_ms: int
    hung_up_by: HungUpBy
    breaches: Counter[str]
    only: str = ""


@dataclass(slots=True)
class Tally:
    """Counts of one rule: breaches there, given, and given rightly; verdicts of each kind."""

    wanted: int = 0
    given: int = 0
    right: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)

    def add(self, other: Tally) -> None:
        self.wanted += other.wanted
        self.given += other.given
        self.right += other.right
        self.verdicts += other.verdicts

    @property
    def precision(self) -> str:
        return _share(self.right, self.given)

    @property
    def recall(self) -> str:
        return _share(self.right, self.wanted)

    @property
    def undetermined(self) -> str:
        return _share(self.verdicts["undetermined"], self.verdicts.total())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=2, help="times each call is spoilt")
    rounds = parser.parse_args().rounds
    workshop = Workshop(read_pack(DEFAULT_SCRIPT))
    known = [*_calls(workshop), *_cases(workshop)]
    results = {rate: _measure(workshop, known, rate, rounds if rate else 1, True) for rate in RATES}
    sure = {rate: _measure(workshop, known, rate, rounds, False) for rate in RATES[1:]}
    whole = [call for call in known if not call.only]
    situations = {rate: _situations(workshop, whole, rate) for rate in RATES}
    RESULT.write_text(_report(workshop, known, results, sure, situations, rounds), encoding="utf-8")
    print(RESULT.relative_to(CHECKOUT))


def _calls(workshop: Workshop) -> Iterator[Known]:
    for path in find_calls(CALLS):
        if (SCRIPTS / path.parent.name).is_dir():
            continue  # judged by another pack
        call = workshop.open(path, Overrides())
        wanted = yaml.safe_load(path.read_text(encoding="utf-8"))["expect"]
        said = tuple(e for e in call.events if isinstance(e, Utterance))
        yield _known(call.meta, call.context, said, Counter(w["rule"] for w in wanted))


def _cases(workshop: Workshop) -> Iterator[Known]:
    """The cases of the rules, each for its own rule only."""
    for rule, located in read_pack(DEFAULT_SCRIPT).cases.items():
        for i, case in enumerate(located.data.cases):
            if case.aspect == "undetermined" or case.only_agent:
                continue
            keys = validate_keys(
                located.document,
                {**ORDINARY_CALL, **case.call},
                TranscriptKeys,
                ("cases", i, "call"),
            )
            meta, heard = to_call(keys, located.document)
            said = tuple(e for e in from_transcript(meta, heard) if isinstance(e, Utterance))
            breaches = Counter(rule for e in case.expect if e.verdict == "breach")
            context = workshop.context(meta, ("agent", "customer"))
            yield _known(meta, context, said, breaches, rule)


def _known(
    meta: CallMeta,
    context: CallContext,
    said: tuple[Utterance, ...],
    breaches: Counter[str],
    only: str = "",
) -> Known:
    return Known(context, said, meta.ended_at_ms or 0, meta.hung_up_by, breaches, only)


def _measure(
    workshop: Workshop, known: list[Known], rate: float, rounds: int, honest: bool
) -> dict[str, Tally]:
    """Counts by rule over all calls, each spoilt ``rounds`` times."""
    tallies = {rule.id: Tally() for rule in workshop.phrases.script.rules}
    for seed, call in enumerate(known * rounds):
        chance = random.Random(seed)
        said = (misheard(u, rate, chance, honest) for u in call.said) if rate else call.said
        found = _judged(workshop, call, tuple(said))
        for rule, tally in tallies.items():
            if call.only not in ("", rule):
                continue
            verdicts = Counter(f.verdict for f in found if f.rule_id == rule)
            wanted, given = call.breaches[rule], verdicts["breach"]
            tally.add(Tally(wanted, given, min(wanted, given), Counter(verdicts)))
    return tallies


def _judged(workshop: Workshop, call: Known, said: tuple[Utterance, ...]) -> list[Finding]:
    spotter = PhraseSpotter(workshop.phrases.matcher)
    inspector = Inspector(workshop.phrases.script, call.context)
    for utterance in said:
        turn = Turn.from_utterance(utterance)
        by_agent = utterance.channel == "agent"
        inspector.hear(turn, tuple(spotter.feed(turn)) if by_agent else ())
    return inspector.end(call.ended_at_ms, call.hung_up_by)


def _situations(workshop: Workshop, calls: list[Known], rate: float) -> str:
    """Share of the situations followed in clean text that are followed in spoilt text too."""
    wanted = found = 0
    for seed, call in enumerate(calls):
        chance = random.Random(seed)
        there = _followed(workshop, call, call.said)
        spoilt = tuple(misheard(u, rate, chance, False) if rate else u for u in call.said)
        wanted += len(there)
        found += len(there & _followed(workshop, call, spoilt))
    return _share(found, wanted)


def _followed(workshop: Workshop, call: Known, said: tuple[Utterance, ...]) -> set[str]:
    judgement = Judgement(workshop.phrases, call.context)
    start = CallStarted(0, "", call.context.desk, "", "", "", ("agent", "customer"))
    heard: list[Event] = [start, *sorted(said, key=lambda u: u.at_ms)]
    return followed([e for event in heard for e in judgement.feed(event)])


def _report(
    workshop: Workshop,
    known: list[Known],
    honest: dict[float, dict[str, Tally]],
    sure: dict[float, dict[str, Tally]],
    situations: dict[float, str],
    rounds: int,
) -> str:
    whole = sum(not call.only for call in known)
    head = (
        "# How right the inspector is\n\n"
        f"Measured {date.today():%Y-%m-%d} by `python -m benchmarks.accuracy --rounds {rounds}`; "
        f"{whole} whole calls (tests/calls) and {len(known) - whole} cases of single rules "
        "(scripts/10086/cases). They were written for the rules, by their authors: the figures "
        "show that a rule does what it says and what noise does to it, not how real calls "
        "would fare.\n\n"
        "A breach counts as right when the call holds one of that rule. Spoilt text: that share of "
        "characters is replaced by one of like sound, by another, doubled with another, or lost. "
        "An honest recogniser is less confident where it erred; a sure one always gives full "
        "confidence. Verdicts of `undetermined` are never held against an agent.\n\n"
    )
    rates = " | ".join(f"{rate:.0%}" for rate in situations)
    shares = " | ".join(situations.values())
    parts = (
        "## All rules\n\n" + _totals(honest, sure),
        section(workshop, rounds),
        "## Situations\n\nShare of the situations followed in the clean text of the whole calls "
        "that are followed in spoilt text too (a recogniser that is always sure).\n\n"
        f"| {rates} |\n|{'---|' * len(situations)}\n| {shares} |",
        HOW,
        "## The example calls\n\nHeard by the bundled model (audio_fixtures).\n\n"
        + table(heard_and_judged(workshop, "file")),
        "## By rule\n\n" + _by_rule(honest, "an honest recogniser"),
        _by_rule(sure, "a recogniser that is always sure"),
    )
    return head + "\n\n".join(parts) + "\n"


def _totals(honest: dict[float, dict[str, Tally]], sure: dict[float, dict[str, Tally]]) -> str:
    rows = [
        "| Characters wrong | Recogniser | Precision | Recall | Undetermined |",
        "|" + "---|" * 5,
    ]
    for title, results in (("honest", honest), ("always sure", sure)):
        for rate, tallies in results.items():
            total = Tally()
            for tally in tallies.values():
                total.add(tally)
            kind = "—" if not rate else title
            rows.append(
                f"| {rate:.0%} | {kind} | {total.precision} | {total.recall} "
                f"| {total.undetermined} |"
            )
    return "\n".join(rows)


def _by_rule(results: dict[float, dict[str, Tally]], recogniser: str) -> str:
    rates = "".join(f" {rate:.0%} |" for rate in results)
    rows = [
        f"Precision / recall / share of undetermined, {recogniser}; – where there is nothing "
        "to divide by.",
        "",
        f"| Rule | Breaches |{rates}",
        "|" + "---|" * (2 + len(results)),
    ]
    for rule, first in sorted(next(iter(results.values())).items()):
        cells = "".join(
            f" {t.precision} / {t.recall} / {t.undetermined} |"
            for t in (tallies[rule] for tallies in results.values())
        )
        rows.append(f"| {rule} | {first.wanted} |{cells}")
    return "\n".join(rows)


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.2f}" if whole else "–"


if __name__ == "__main__":
    main()
