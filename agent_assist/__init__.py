"""agent-assist: an offline script assistant and quality inspector for call-centre agents."""

from agent_assist.arithmetic import pin_kernels

__version__ = "0.1.0"

pin_kernels()
