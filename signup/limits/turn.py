"""A turn to store what the governor admitted: its connection, and the rules counted in the same transaction."""

from dataclasses import dataclass
from typing import TypedDict

from signup.ground.driver_sql import DriverConnection
from signup.limits.database_store import DatabaseStore, ends_of
from signup.limits.limit_rule import PAUSING, Rule

# Counts one under every rule asked for, or under none where one is full. `exceeded` is the place of that rule, from 1;
# where another sign-up took the last place meanwhile, `counted` has fewer rows than were asked for. `LIMIT` makes each
# key looked up in the index: a join is planned once, while the table is small, and then reads all of it each time.
COUNT_POSTGRESQL = f"""asked AS (
  SELECT convert_to(rule.key, 'UTF8') AS key, rule.ends_at, rule.allowed, rule.place
  FROM unnest(:limit_keys::text[], :limit_ends::int[], :limit_allowed::int[])
    WITH ORDINALITY AS rule (key, ends_at, allowed, place)
), exceeded AS (
  SELECT min(asked.place) AS place FROM asked, LATERAL (
    SELECT FROM limit_counter AS known
    WHERE known.key = asked.key AND known.bucket = {PAUSING} AND known.n >= asked.allowed
      AND known.ends_at > :limit_now::int LIMIT 1
  ) AS known
), counted AS (
  INSERT INTO limit_counter AS known (key, bucket, n, ends_at)
  SELECT key, {PAUSING}, 1, ends_at FROM asked WHERE (SELECT place FROM exceeded) IS NULL ORDER BY key
  ON CONFLICT (key, bucket) DO UPDATE SET ends_at = excluded.ends_at,
    n = CASE WHEN known.ends_at <= :limit_now::int THEN 1 ELSE known.n + 1 END
  WHERE known.ends_at <= :limit_now::int OR known.n < (SELECT allowed FROM asked WHERE asked.key = known.key)
  RETURNING key
)"""  # noqa: S608  # our own constants
IS_ADMITTED = "(SELECT count(*) FROM counted) = cardinality(:limit_keys::text[])"
OUTCOME = """(SELECT place FROM exceeded) AS exceeded,
  (SELECT string_agg(convert_from(key, 'UTF8'), ' ') FROM counted) AS taken"""


class CountValues(TypedDict):
    """The parameters of `COUNT_POSTGRESQL`. A key holds nothing that an array's text would have to quote."""

    limit_keys: str
    limit_ends: str
    limit_allowed: str
    limit_now: int


@dataclass(frozen=True)
class Turn:
    """A `driver_connection`, and the exact rules that the storing statement counts with `COUNT_POSTGRESQL`."""

    connection: DriverConnection
    rules: tuple[Rule, ...] = ()
    now: float = 0.0

    @property
    def values(self) -> CountValues:
        """The parameters of `COUNT_POSTGRESQL`. No key holds a character that an array's text must quote."""
        ends = [str(ends_of(rule, self.now)) for rule in self.rules]
        return {
            "limit_keys": f"{{{','.join([rule.key for rule in self.rules])}}}",
            "limit_ends": f"{{{','.join(ends)}}}",
            "limit_allowed": f"{{{','.join([str(rule.allowed) for rule in self.rules])}}}",
            "limit_now": int(self.now),
        }

    def count(self) -> None:
        """Count the exact rules in the open transaction, where no storing statement does. Raises `TooMany`."""
        if self.rules and (exceeded := DatabaseStore(self.connection).admit(self.rules, self.now)):
            raise exceeded.refusal(self.now)

    def refuse(self, exceeded: int | None, taken: str | None) -> None:
        """Raise `TooMany` for what `OUTCOME` says; places taken while another was lost are given back."""
        if exceeded:
            raise self.rules[exceeded - 1].refusal(self.now)
        keys = set((taken or "").split())
        if lost := [rule for rule in self.rules if rule.key not in keys]:
            had = [rule for rule in self.rules if rule.key in keys]
            DatabaseStore(self.connection).take_back(had, self.now, (), self.now)
            raise lost[0].refusal(self.now)
