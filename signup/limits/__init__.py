"""The governor: how often an address, a network, a domain, a list and the whole service may be signed up.

One for every door. `limit_rule` says what is allowed, `allow_list` who is vouched for, the stores count, and `governor`
asks them.
"""

from signup.limits.allowance import Allowance, Kind, vouched_for
from signup.limits.database_store import DatabaseStore, LimitCounter
from signup.limits.governor import Governor, governor, sweep_counters
from signup.limits.limit_rule import (
    DAY,
    HOUR,
    MINUTE,
    UNREADABLE,
    VISITOR,
    WEEK,
    Attempt,
    Rule,
    Vouched,
    address_rules,
    code_rules,
    confirmed_rules,
    is_silent,
    kiosk_rules,
    message_rules,
    network_of,
    network_rules,
    read_ip,
    reminder_rules,
    sign_up_rules,
)
from signup.limits.redis_store import RedisStore
from signup.limits.store import LocalStore, Store
from signup.limits.turn import Turn

__all__ = [
    "DAY",
    "HOUR",
    "MINUTE",
    "UNREADABLE",
    "VISITOR",
    "WEEK",
    "Allowance",
    "Attempt",
    "DatabaseStore",
    "Governor",
    "Kind",
    "LimitCounter",
    "LocalStore",
    "RedisStore",
    "Rule",
    "Store",
    "Turn",
    "Vouched",
    "address_rules",
    "code_rules",
    "confirmed_rules",
    "governor",
    "is_silent",
    "kiosk_rules",
    "message_rules",
    "network_of",
    "network_rules",
    "read_ip",
    "reminder_rules",
    "sign_up_rules",
    "sweep_counters",
    "vouched_for",
]
