"""`signup bench`: what this machine does, as medians and ratios of one run."""

import click


@click.command()
def bench() -> None:
    """Measure sign-up, confirmation, mail and export on this machine."""
