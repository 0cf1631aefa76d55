"""Acoustic-model packaging and decoding-graph building for Mandarin vosk models."""
