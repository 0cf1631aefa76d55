"""Programs built from the parts: replay, evaluation, doctor and the one loop they share."""
