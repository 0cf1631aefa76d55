"""Measurements of speed, accuracy and line quality; `make bench` runs those of speed."""
