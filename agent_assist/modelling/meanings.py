"""Learns what is meant from example sentences, for `core.meaning`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from agent_assist.core.events import Channel
from agent_assist.core.meaning import BUCKETS, Meaning, Meanings, features, stretched
from agent_assist.core.text import spoken

STRENGTH = 10.0
"""Inverse of the L2 penalty."""
FOLDS = 5
LEAST = 0.85
"""No meaning is held against anybody below this probability."""
BORNE_ALONE, BORNE = 0.005, 0.02
"""Share of neighbouring sentences without the meaning that may be taken for it: where it breaks a
rule by itself, and where another thing must be missing, too."""
ITERATIONS = 300


@dataclass(frozen=True, slots=True)
class Examples:
    """Sentences that have a meaning, and near ones that have not; ``alone``: one of them breaks a
    rule by itself."""

    name: str
    title: str
    by: Channel
    group: str
    yes: tuple[str, ...]
    no: tuple[str, ...]
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Learnt:
    """How well a group was told by folds that it was not learnt from.

    ``found``: share of each meaning's sentences held for one of the group; ``taken``: the same of
    sentences without.
    """

    group: str
    least: float
    found: Mapping[str, float]
    taken: float


def learn(
    examples: Sequence[Examples], talk: Mapping[Channel, Sequence[str]], digest: str
) -> tuple[Meanings, list[Learnt]]:
    """Meanings and what they are worth. ``talk`` is ordinary talk of each side without any."""
    groups = list(dict.fromkeys(each.group for each in examples))
    columns: list[NDArray[np.float64]] = []
    nones: list[NDArray[np.float64]] = []
    known: list[Meaning] = []
    reports: list[Learnt] = []
    for group in groups:
        both = [each for each in examples if each.group == group]
        own = [each for each in both if each.yes]
        texts, labels, origins = _labelled(
            own, [text for e in both for text in e.no], talk[own[0].by]
        )
        rows = _rows(texts)
        report = _worth(group, own, rows, labels, origins % FOLDS)
        weights = _weights(rows, labels, len(own))
        columns += list(weights[1:])
        nones.append(weights[0])
        known += [Meaning(e.name, e.title, e.by, e.group, report.least) for e in own]
        reports.append(report)
    table = np.array([*columns, *nones]).T
    scale = np.abs(table[:-1]).max(0) / 127
    whole = np.round(table[:-1] / scale).astype(np.int8)
    meanings = Meanings(
        tuple(known), whole, scale.astype(np.float32), table[-1].astype(np.float32), digest
    )
    return meanings, reports


def _labelled(
    own: Sequence[Examples], no: Sequence[str], talk: Sequence[str]
) -> tuple[list[str], NDArray[np.intp], NDArray[np.intp]]:
    """Sentences, the number of their meaning from one on (0 for none), and which of the given
    sentences each comes from."""
    having = {text for each in own for text in each.yes}
    found = [(text, k) for k, each in enumerate(own, 1) for text in each.yes]
    found += [(t, 0) for t in dict.fromkeys(chain(no, talk)) if t not in having]
    origin = {part: i for i, (text, k) in enumerate(found) if not k for part in _parts(text)}
    rows = [(text, k, i) for i, (text, k) in enumerate(found)]
    rows += [(part, 0, i) for part, i in origin.items() if part not in having]
    texts, labels, origins = zip(*rows, strict=True)
    return list(texts), np.array(labels, np.intp), np.array(origins, np.intp)


def _parts(text: str) -> list[str]:
    """The stretches of a sentence that are looked at by themselves in a call."""
    said = spoken(text)
    parts = (said.given_span(start, end) for start, end in stretched(said))
    return [part for part in parts if spoken(part).chars != said.chars]


def _rows(texts: Sequence[str]) -> csr_matrix:
    """Features of whole sentences, shape (sentences, BUCKETS)."""
    values: list[float] = []
    places: list[int] = []
    ends = [0]
    for text in texts:
        single, double, first, last = features(spoken(text).chars)
        each = [*single, *double, *first[:1], *last[-1:]]
        places += each
        values += [len(each) ** -0.5 if each else 0.0] * len(each)
        ends.append(len(places))
    return csr_matrix((values, places, ends), (len(texts), BUCKETS))


def _model(rows: csr_matrix, labels: NDArray[np.intp]) -> LogisticRegression:
    return LogisticRegression(C=STRENGTH, max_iter=ITERATIONS).fit(rows, labels)


def _weights(rows: csr_matrix, labels: NDArray[np.intp], meanings: int) -> NDArray[np.float64]:
    """Weights and, last, bias of none and each meaning, shape (1 + meanings, BUCKETS + 1)."""
    model = _model(rows, labels)
    table = np.hstack([model.coef_, model.intercept_[:, None]])
    return np.vstack([-table / 2, table / 2]) if meanings == 1 else np.asarray(table)


def _worth(
    group: str,
    own: Sequence[Examples],
    rows: csr_matrix,
    labels: NDArray[np.intp],
    fold: NDArray[np.intp],
) -> Learnt:
    """By folds: the probability from which few sentences are taken wrongly, and what it finds."""
    any_of = np.zeros(len(labels))
    for k in range(FOLDS):
        model = _model(rows[fold != k], labels[fold != k])
        any_of[fold == k] = 1 - model.predict_proba(rows[fold == k])[:, 0]
    without = any_of[labels == 0]
    borne = BORNE_ALONE if any(each.alone for each in own) else BORNE
    least = max(LEAST, float(np.quantile(without, 1 - borne)))
    found = {
        each.name: float((any_of[labels == k] >= least).mean()) for k, each in enumerate(own, 1)
    }
    return Learnt(group, round(least, 3), found, float((without >= least).mean()))
