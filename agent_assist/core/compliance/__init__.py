"""Verdicts: the five kinds of check over the settled facts of a call."""
