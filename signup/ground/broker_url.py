"""Which brokers `BROKER_URL` may name: the only list of their schemes.

A further broker is a line here and a branch in `broker.build`; its driver is an extra in `pyproject.toml`.
"""

BROKERS = {
    "": "",
    "redis": "Redis",
    "rediss": "Redis (TLS)",
    "amqp": "RabbitMQ",
    "amqps": "RabbitMQ (TLS)",
}
"""Each scheme and the program behind it; without a URL, the broker is in the web process."""


def scheme_of(url: str) -> str:
    """The scheme, empty without a URL. It may be shown: the rest of a URL may hold a password."""
    return url.partition(":")[0]


def is_redis(url: str) -> bool:
    """Whether the broker is Redis, which then counts the limits too (`signup.limits.governor`)."""
    return scheme_of(url) in {"redis", "rediss"}
