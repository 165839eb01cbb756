"""`signup selftest doi`: one sign-up through the running service, from the form to the confirmation."""

import json
from dataclasses import asdict

import click

from signup.cli.command import as_json, in_app
from signup.selftest.doi import SelftestStep, form_to_try, try_out


@click.group("selftest")
def command() -> None:
    """Let the running service test itself."""


@command.command()
@click.option("--form", "form_id", default="", help="The form to use. Default: the first with double opt-in.")
@click.option("--to", default="", help="Where to send the email. Default: the catcher or the list's own sender.")
@as_json
@in_app
def doi(form_id: str, to: str, *, as_json: bool) -> None:
    """Sign up like a browser, read the email, confirm, take the incentive, delete everything; exit 1 on failure.

    It is marked as a test from the start: no count, list or export includes it.
    """
    form = form_to_try(form_id)
    steps = try_out(form, to, (lambda _step: None) if as_json else _say)
    done = all(step.ok for step in steps)
    if as_json:
        told = {"form": form.public_id, "ok": done, "steps": [asdict(step) for step in steps]}
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
    if not done:
        raise SystemExit(1)


def _say(step: SelftestStep) -> None:
    click.echo(f"{'ok' if step.ok else 'FAILED':<7}{step.step:<10}{step.ms / 1000:6.1f} s  {step.detail}")
    if step.look_at:
        click.echo(f"{'':<7}Look at: {step.look_at}")
