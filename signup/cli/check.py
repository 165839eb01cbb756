"""`signup check-postal`, `check-id`, `check`: ask the offline checks. Exit 0 right, 1 not, 2 wrong usage."""

import json
from typing import Any

import click

from signup.checks.check import CHECKS
from signup.checks.company_number import check_company_number, country_of, vat_number
from signup.checks.country import code_of
from signup.checks.postal import check_postal_code
from signup.checks.reference import regions
from signup.checks.verdict import Checked
from signup.cli.command import as_json


@click.command("check-postal")
@click.argument("country")
@click.argument("code")
@click.argument("locality", nargs=-1)
@as_json
def check_postal(country: str, code: str, locality: tuple[str, ...], *, as_json: bool) -> None:
    """Whether a postal code and a locality belong together: signup check-postal CH 1003 Genève."""
    checked = check_postal_code(code, _country(country), " ".join(locality))
    _answer(checked, {"region": checked.region, "region name": regions().get(checked.region, "")}, as_json=as_json)


@click.command("check-id")
@click.argument("country")
@click.argument("number", nargs=-1, required=True)
@as_json
def check_id(country: str, number: tuple[str, ...], *, as_json: bool) -> None:
    """Whether a company or VAT number has the right check digits: signup check-id BE 0428.759.497."""
    checked = check_company_number(" ".join(number), _country(country))
    more = {"country": country_of(checked.value), "VAT number": vat_number(checked.value)} if checked.is_ok else {}
    _answer(checked, more, as_json=as_json)


@click.command("check")
@click.argument("what", type=click.Choice(sorted(CHECKS)))
@click.argument("value")
@click.option("--country", default="", help="Country code or name, if the value does not show it.")
@as_json
def check(what: str, value: str, country: str, *, as_json: bool) -> None:
    """Any check by its name: signup check phone "079 123 45 67" --country CH."""
    _answer(CHECKS[what](value, _country(country) if country else "", ""), {}, as_json=as_json)


commands = (check_postal, check_id, check)


def _country(text: str) -> str:
    if not (code := code_of(text)):
        raise click.UsageError(f"{text!r} is no country: write two letters, as CH")
    return code


def _answer(checked: Checked, more: dict[str, str], *, as_json: bool) -> None:
    facts: dict[str, Any] = {"value": checked.value, "verdict": checked.verdict.value, "hint": str(checked.hint)}
    facts |= {"suggestions": list(checked.suggestions), "version": checked.version, **more}
    if as_json:
        click.echo(json.dumps(facts, indent=2, ensure_ascii=False))
    else:
        click.echo(f"{facts['verdict']}: {facts['value']}")
        for name, value in facts.items():
            if value and name not in {"value", "verdict"}:
                click.echo(f"  {name}: {', '.join(value) if isinstance(value, list) else value}")
    if not checked.is_ok:
        raise SystemExit(1)
