"""``tradeline validate``: the evidence on a model as a report, signed by a validator."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer

from tradeline.common import HomeOption, JsonOption, now, open_home_of, print_json, settings_of
from tradeline.signers_command import KeyOption

__all__ = ["validate"]


def validate(
    version: Annotated[str | None, typer.Argument(metavar="[VERSION]", help="Default the newest run's.")] = None,
    signer: Annotated[
        str | None,
        typer.Option("--as", metavar="NAME", help="Who signs as its validator; default a service, no person."),
    ] = None,
    key: KeyOption = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="FOLDER", help="Copy the validation there, too.")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Validate a model: one HTML report, one PDF, every table as data; signed by another than its developer."""
    settings = settings_of(home)
    opened = open_home_of(settings)
    if out is not None and out.exists():
        raise typer.BadParameter(f"{out}: something is here already; name a new folder", param_hint="--out")

    from bureau.home import working_in
    from tradeline.console import Stages
    from tradeline.services import GATES, signer_of
    from tradeline.show import show_validation
    from tradeline.validating import challenger_version, validate_version
    from training.validation_record import FOLDER

    stages = Stages(quiet=as_json)
    validator = signer_of(opened, signer, key, "validator", GATES)
    with working_in(opened), stages.stage("validation") as stage:
        chosen = challenger_version(opened, version)
        validated = validate_version(
            opened, chosen, signer=validator, made_on=now(), memory_limit=settings.memory_limit, progress=stage
        )
    folder = opened.runs / chosen / FOLDER
    if out is not None:
        shutil.copytree(folder, out)
    told = {
        "model_version": chosen,
        "validator": validator.name,
        "reviewed_by_person": validated.is_by_person,
        "findings": len(validated.findings),
        "failed": [{"finding": each.key, "text": each.text} for each in validated.failed],
        "not_assessed": [each.key for each in validated.findings if each.passed is None],
        "sha256": validated.sha256,
        "report": str(folder / "report.html"),
        "folder": str(folder),
    }
    if as_json:
        print_json(told)
    else:
        show_validation(told)
