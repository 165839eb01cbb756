"""`signup automation`: letters that go by themselves."""

import click

from signup.automations.automation import AutomationKind, automations_of, switch
from signup.cli.command import as_json, in_ground, show
from signup.consent.mailing_list import find_list
from signup.ground.db import transaction


@click.group("automation")
def automation_group() -> None:
    """Letters that go by themselves, to one confirmed person at a time."""


@automation_group.command("list")
@click.argument("name")
@as_json
@in_ground
def automation_list(name: str, *, as_json: bool) -> None:
    """All kinds for one list, and which are on."""
    rows = [
        {"automation": one.kind, "on": one.is_on, "days later": one.delay_days, "subject": one.subject}
        for one in automations_of(find_list(name))
    ]
    show(rows, as_json=as_json)


@automation_group.command("on")
@click.argument("name")
@click.argument("kind", type=click.Choice(list(AutomationKind)))
@in_ground
def automation_on(name: str, kind: str) -> None:
    """Let it go from now on: nobody whose day was before gets it."""
    _switch(name, kind, on=True)


@automation_group.command("off")
@click.argument("name")
@click.argument("kind", type=click.Choice(list(AutomationKind)))
@in_ground
def automation_off(name: str, kind: str) -> None:
    """Write no more of it. What waits in the outbox still goes."""
    _switch(name, kind, on=False)


def _switch(name: str, kind: str, *, on: bool) -> None:
    one = next(one for one in automations_of(find_list(name)) if one.kind == kind)
    if on and kind == AutomationKind.BIRTHDAY and not one.field:
        raise click.ClickException("a birthday needs its date field: choose it on the automation's page")
    with transaction():
        changed = switch(one, on=on)
    word = "on" if on else "off"
    click.echo(f"{kind} is {word}" if changed else f"{kind} was {word} already")
