"""The ledger's sequencer alone, as a worker runs it beside its other work: python -m signup.bench.sequencer."""

import time

from signup.app import create_app
from signup.ledger import seal


def main() -> None:
    """Seal once a second until the process is ended."""
    app = create_app()
    with app.app_context():
        while True:
            seal.seal_new()
            time.sleep(seal.EVERY.total_seconds())


if __name__ == "__main__":
    main()
