"""agent-assist: an offline script assistant and quality inspector for call-centre agents."""

__version__ = "0.1.0"
