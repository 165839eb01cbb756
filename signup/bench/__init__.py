"""`signup bench`: what this machine does, as medians and ratios of one run. Figures of two runs do not compare."""

from signup.bench.bench_command import command

__all__ = ["command"]
