"""`signup dedupe`: contacts that may be one person."""

import contextlib

import click

from signup.cli.command import as_json, in_app, show
from signup.duplicates import find_duplicates
from signup.duplicates.merge_contacts import locked, merge_two
from signup.ground.db import transaction
from signup.ground.errors import CannotMerge


@click.command()
@click.option("--dry-run", is_flag=True, help="Show what was found without saving anything.")
@click.option("--merge-certain", is_flag=True, help="Merge pairs that are certainly the same person.")
@as_json
@in_app
def dedupe(*, dry_run: bool, merge_certain: bool, as_json: bool) -> None:
    """Find contacts that may be the same person, as the worker does once a day. Merges nobody unless you ask."""
    if dry_run and merge_certain:
        raise click.UsageError("a dry run merges nobody")
    if dry_run:
        pairs = find_duplicates.look()
        found = [{"score": one.likeness.score, "reasons": list(one.likeness.reasons)} for one in pairs]
        ids = [{"first": one.first, "second": one.second} for one in pairs]
        show([left | right for left, right in zip(ids, found, strict=True)], as_json=as_json)
        return
    counts = find_duplicates.search()._asdict()
    if merge_certain:
        counts["merged"] = sum(_merged(one.id, other.id) for one, other in find_duplicates.certain())
    show([counts], as_json=as_json)


def _merged(one: int, other: int) -> bool:
    """Merge a certain pair: the contact that was there first stays, with what only the other knew."""
    with contextlib.suppress(CannotMerge), transaction():
        contacts = locked(one, other)[1]
        stays, goes = contacts[min(one, other)], contacts[max(one, other)]
        if not find_duplicates.is_certain(stays, goes):  # changed since it was found
            return False
        merge_two(stays.id, goes.id, {key: value for key, value in goes.answers.items() if key not in stays.answers})
        return True
    return False
