"""G.711 is decoded as libsndfile does, and samples of several channels are told apart."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile as sf

from agent_assist.adapters.telephony_sound import Encoding, decode


@pytest.mark.parametrize(("encoding", "subtype"), [("pcmu", "ULAW"), ("pcma", "ALAW")])
def test_every_code_of_g711_is_what_libsndfile_says(encoding: Encoding, subtype: str) -> None:
    codes = bytes(range(256))
    expected, _ = sf.read(
        io.BytesIO(codes), format="RAW", subtype=subtype, channels=1, samplerate=8000, dtype="int16"
    )
    assert np.array_equal(decode(codes, encoding)[0], expected)


def test_linear_samples_are_little_endian_and_interleaved() -> None:
    sound = decode(bytes([1, 0, 255, 255, 0, 128, 255, 127]), "pcm16", 2)
    assert sound.tolist() == [[1, -32768], [-1, 32767]]


@pytest.mark.parametrize(
    ("payload", "encoding", "channels"), [(b"abc", "pcm16", 1), (b"ab", "pcm16", 2)]
)
def test_half_a_sample_is_refused(payload: bytes, encoding: Encoding, channels: int) -> None:
    with pytest.raises(ValueError, match="no whole number of samples"):
        decode(payload, encoding, channels)
