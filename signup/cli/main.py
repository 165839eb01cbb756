"""The `signup` command with all its verbs. Exit codes: 0 done, 1 not done, 2 wrong usage."""

import click

from signup.cli import (
    check,
    codes,
    duplicates,
    export,
    fields,
    form,
    funnel,
    imports,
    key,
    limits,
    operator,
    outbox,
    quality,
    segment,
    serving,
    trail,
)

VERBS: tuple[click.Command, ...] = (
    *(serving.web, serving.worker, serving.run, serving.migrate, serving.check),
    *(operator.operator, trail.command, key.command),
    *(form.form, funnel.funnel, codes.codes_group, limits.command, outbox.outbox_group),
    *(fields.command, fields.objectives, *check.commands, quality.command, duplicates.dedupe),
    *(imports.import_group, segment.segment_group, export.export, export.presets),
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="signup")
def main() -> None:
    """Double-opt-in sign-up: forms, proof of consent, confirmed contacts."""


for verb in VERBS:
    main.add_command(verb)
