"""One of many processes that ask the governor at the same moment: `python -m tests.hammer START TRIES RULE…`.

Prints how often each rule let it in. Rules are asked one by one, then all together (`together`).
"""

import json
import sys
import time

from signup.app import create_app
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


def main() -> None:
    start, tries = float(sys.argv[1]), int(sys.argv[2])
    app = create_app()
    counts = dict.fromkeys([*(rule.name for rule in SCARCE), "together"], 0)
    with app.app_context():
        governor = Governor(app.extensions["signup.settings"], clock=lambda: NOON)
        time.sleep(max(0.0, start - time.time()))
        for number in range(tries):
            for name, rules in [*((rule.name, [rule]) for rule in SCARCE), ("together", TOGETHER)]:
                try:
                    governor.admit(rules)
                except TooMany:
                    continue
                finally:
                    time.sleep(number % 3 / 1_000)
                counts[name] += 1
    sys.stdout.write(json.dumps(counts))


if __name__ == "__main__":
    main()
