"""Binary Kaldi primitives."""

import numpy as np
import pytest

from agent_assist.modelling import kaldi_format as kaldi
from agent_assist.modelling.transitions import (
    PHONES,
    fits,
    forward,
    read_triples,
    self_loop,
    transition_model,
    word_boundary,
    word_phones,
)


def test_primitives_survive_a_round_trip() -> None:
    values = np.arange(6, dtype=np.float32).reshape(2, 3) - 1.5
    stream = b"".join(
        [
            kaldi.token("<Thing>"),
            kaldi.int32(-7),
            kaldi.float32(0.25),
            kaldi.float64(1e-9),
            kaldi.int_vector([3, 1, 2]),
            kaldi.vector(values[0]),
            kaldi.matrix(values),
            b"T",
        ]
    )
    reader = kaldi.Reader(stream)
    reader.expect("<Thing>")
    assert reader.integer() == -7
    assert reader.real() == 0.25
    assert reader.real() == 1e-9
    assert reader.int_vector().tolist() == [3, 1, 2]
    np.testing.assert_array_equal(reader.vector(), values[0])
    np.testing.assert_array_equal(reader.matrix(), values)
    assert reader.boolean()
    assert reader.peek() == b""


def test_a_byte_compressed_matrix_is_expanded() -> None:
    header = b"CM3 " + np.array([-1.0, 2.0], "<f4").tobytes() + np.array([2, 2], "<i4").tobytes()
    matrix = kaldi.Reader(header + bytes([0, 255, 51, 102])).matrix()
    np.testing.assert_allclose(matrix, [[-1.0, 1.0], [-0.6, -0.2]], atol=1e-6)


def test_damage_is_reported() -> None:
    with pytest.raises(kaldi.KaldiFormatError, match="end of file"):
        kaldi.Reader(kaldi.vector([1.0, 2.0])[:-1]).vector()
    with pytest.raises(kaldi.KaldiFormatError, match="expected <A>"):
        kaldi.Reader(kaldi.token("<B>")).expect("<A>")
    with pytest.raises(kaldi.KaldiFormatError, match="two dimensions"):
        kaldi.matrix([1.0])


def test_transition_ids_follow_the_triples() -> None:
    triples = read_triples(transition_model())
    assert [phone for phone, _, _ in triples] == list(range(1, len(PHONES)))
    assert {state for _, state, _ in triples} == {0}
    assert (self_loop(1), forward(1), self_loop(2)) == (1, 2, 3)
    assert fits(transition_model())
    assert not fits(b"something else")


def test_word_positions() -> None:
    assert [PHONES[p] for p in word_phones(("n", "i", "h", "ao"))] == ["n_B", "i_I", "h_I", "ao_E"]
    assert [PHONES[p] for p in word_phones(("i",))] == ["i_S"]
    lines = word_boundary().splitlines()
    assert lines[:3] == ["1 nonword", "2 internal", "3 begin"]
    assert len(lines) == len(PHONES) - 1
