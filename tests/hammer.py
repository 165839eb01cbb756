"""Processes that ask the governor at the same moment: `python -m tests.hammer PROCESSES TRIES`.

Each prints, as a line of JSON, how often each rule let it in. Rules are asked one by one, then all `together`.
"""

import json
import multiprocessing
import sys
import time
from multiprocessing.synchronize import Barrier

from signup.ground import bare_app
from signup.ground.errors import TooMany
from signup.limits.governor import Governor
from signup.limits.limit_rule import DAY, Rule

NOON = 20_000.5 * DAY
SCARCE = [
    Rule("pausing", "h-pausing", DAY, 3, pauses=True),
    Rule("sliding", "h-sliding", DAY, 10),
    Rule("once", "h-once", DAY, 1, pauses=True),
]
TOGETHER = [Rule("wide", "h-wide", DAY, 1_000), Rule("narrow", "h-narrow", DAY, 7), Rule("tail", "h-tail", DAY, 900)]


def main() -> int:
    number, tries = map(int, sys.argv[1:])
    # Forked before anything is connected: what takes long is done once, what is tried is each one's own.
    fork = multiprocessing.get_context("fork")
    together = fork.Barrier(number)
    processes = [fork.Process(target=hammer, args=(together, tries)) for _n in range(number)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return max(abs(process.exitcode or 0) for process in processes)


def hammer(together: Barrier, tries: int) -> None:
    app = bare_app.build()
    counts = dict.fromkeys([*(rule.name for rule in SCARCE), "together"], 0)
    with app.app_context():
        governor = Governor(app.extensions["signup.settings"], clock=lambda: NOON)
        together.wait(30)
        for number in range(tries):
            for name, rules in [*((rule.name, [rule]) for rule in SCARCE), ("together", TOGETHER)]:
                try:
                    governor.admit(rules)
                except TooMany:
                    continue
                finally:
                    time.sleep(number % 3 / 1_000)
                counts[name] += 1
    sys.stdout.write(f"{json.dumps(counts)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
