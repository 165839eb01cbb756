"""Numbers as they come in addresses and inputs."""

LARGEST = 2**63 - 1
"""What either engine keeps as a whole number."""


def whole(text: str) -> int:
    """A number of a row, a page or a day. Raises `ValueError` for anything else, or more than a database knows."""
    number = int(text)
    if not 0 <= number <= LARGEST:
        raise ValueError(text[:20])
    return number
