"""Tests; `packs` and `golden.known_calls` are shared by them."""
