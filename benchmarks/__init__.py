"""Measurements; ``python -m benchmarks.run`` and ``python -m benchmarks.live``."""

import agent_assist as agent_assist  # sets what numpy's arithmetic reads when it is loaded
