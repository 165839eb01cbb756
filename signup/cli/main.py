"""The `signup` command: its verbs, each loaded when asked for. Exit codes: 0 done, 1 not done, 2 wrong usage."""

from pkgutil import resolve_name

import click

from signup import __version__

VERBS = {
    "access": "signup.cli.rights.access:command",
    "audit": "signup.cli.trail:command",
    "automation": "signup.cli.mail.automation:automation_group",
    "backup": "signup.cli.backup:backup",
    "campaign": "signup.cli.mail.campaign:campaign_group",
    "bounce": "signup.cli.mail.bounce:bounce_group",
    "check": "signup.cli.check:check",
    "check-id": "signup.cli.check:check_id",
    "check-postal": "signup.cli.check:check_postal",
    "codes": "signup.cli.codes:codes_group",
    "consent": "signup.cli.rights.consent:command",
    "dedupe": "signup.cli.duplicates:dedupe",
    "demo": "signup.cli.demo:command",
    "dkim": "signup.cli.mail.dkim:dkim_group",
    "doctor": "signup.cli.serving:check",
    "erase": "signup.cli.rights.erase:erase",
    "export": "signup.cli.export:export",
    "fields": "signup.cli.fields:command",
    "form": "signup.cli.form:form",
    "functions": "signup.cli.functions:command",
    "funnel": "signup.cli.funnel:funnel",
    "import": "signup.cli.imports:import_group",
    "key": "signup.cli.programs.key:command",
    "limits": "signup.cli.limits:command",
    "migrate": "signup.cli.serving:migrate",
    "objectives": "signup.cli.fields:objectives",
    "operator": "signup.cli.operator:operator",
    "outbox": "signup.cli.mail.outbox:outbox_group",
    "presets": "signup.cli.export:presets",
    "quality": "signup.cli.quality:command",
    "retention": "signup.cli.rights.retention:command",
    "run": "signup.cli.serving:run",
    "restore": "signup.cli.backup:restore",
    "segment": "signup.cli.segment:segment_group",
    "selftest": "signup.cli.selftest:command",
    "suppression": "signup.cli.mail.suppression:suppression_group",
    "web": "signup.cli.processes:web",
    "webhook": "signup.cli.programs.webhook:command",
    "worker": "signup.cli.processes:worker",
}
"""Where each verb is. An export need not load the admin for it: that is half of its memory."""


class Verbs(click.Group):
    """A group that loads its commands by name: https://click.palletsprojects.com/en/stable/complex/#lazily-loading-subcommands"""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*VERBS, *super().list_commands(ctx)})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in VERBS and cmd_name not in self.commands:
            self.add_command(resolve_name(VERBS[cmd_name]), cmd_name)
        return super().get_command(ctx, cmd_name)


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Double-opt-in sign-up: forms, proof of consent, confirmed contacts."""
