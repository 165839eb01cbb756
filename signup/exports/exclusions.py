"""Counts whom an export leaves out, and why, before it starts."""

from signup.audience.reach import reach
from signup.audience.segment import find_version
from signup.consent.subscription import SubscriptionState
from signup.counts.tally import Measure, totals
from signup.exports import preset_file
from signup.exports.presets.export_preset import ExportPreset, Whom
from signup.exports.selection import Filter, count, is_any, is_own, segment_of, status_of

NO_CONSENT, LACKING, HOUSEHOLD = "no-consent", "lacking", "household"
"""They did not agree to this purpose; they lack what the program needs. The others are states and the stop list."""


def left_out(list_id: int, preset: ExportPreset | None, wanted: Filter) -> dict[str, int]:
    """How many, by reason, only those with somebody in them. `wanted` is the filter as the run would keep it."""
    if preset and preset.whom == Whom.STOPPED:
        return {}
    found = {} if is_any(wanted) else _by_state(list_id, wanted)
    if wanted.get("household"):
        found[HOUSEHOLD] = count(list_id, {**wanted, "household": False}) - count(list_id, wanted)
    if preset:
        steps = {name: chosen for name, chosen in wanted.items() if name not in {"mailable", "agreed_to"}}
        before = count(list_id, steps)
        for reason, name in (("suppressed", "mailable"), (NO_CONSENT, "agreed_to")):
            if name in wanted:
                steps[name] = wanted[name]
                after = count(list_id, steps)
                found[reason], before = before - after, after
        if preset.needs:
            found[LACKING] = before - preset_file.count(list_id, preset, wanted)
    return {reason: n for reason, n in found.items() if n}


def _by_state(list_id: int, wanted: Filter) -> dict[str, int]:
    """Those in other states: of the ticked, the segment's people, or the list."""
    others = [state.value for state in SubscriptionState if state != status_of(wanted)]
    slug = segment_of(wanted)
    if "contacts" in wanted or (is_own(wanted) and not slug):
        return {state: count(list_id, {**wanted, "status": state}) for state in others}
    if slug:
        number = wanted.get("version")
        rule = find_version(slug, number if isinstance(number, int) else None).rule
        mine = frozenset({list_id})
        found = dict(reach(rule, mine, exact=True, seen_by=mine if is_own(wanted) else None).excluded)
        return {reason: n for reason, n in found.items() if reason != "suppressed"}
    states = totals(Measure.IN_STATE, list_id)
    return {state: states.get(state, 0) for state in others}
