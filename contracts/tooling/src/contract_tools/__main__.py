"""`python -m contract_tools generate | check`, from the root of the repository."""

from pathlib import Path
from typing import Annotated

import typer

from contract_tools import asyncapi, checking, dependencies, documents
from contract_tools.documents import ContractError
from contract_tools.lint import LintError
from contract_tools.published import Published
from contract_tools.services import NAMES, Service, installed

app = typer.Typer(add_completion=False, help="The published contracts.", pretty_exceptions_enable=False)
Folder = Annotated[Path, typer.Option(help="The folder with the contracts.")]
_HERE = Path("contracts")


@app.command()
def generate(folder: Folder = _HERE) -> None:
    """Writes the three documents, asyncapi.json and dependencies.yaml from code and topic files."""
    published, services = Published(folder), _services()
    try:
        merged = documents.merged(services, published.public_operations())
    except ContractError as error:
        raise _stopped([str(error)]) from error
    (folder / "http").mkdir(exist_ok=True)
    for surface, document in merged.items():
        published.document(surface).write_text(documents.as_text(document), encoding="utf-8")
        typer.echo(
            f"{published.document(surface)}: {sum(1 for _ in documents.operations(document))} operations"
        )
    published.asyncapi.write_text(asyncapi.as_text(asyncapi.document(folder)), encoding="utf-8")
    published.dependencies.write_text(dependencies.as_text(dependencies.found(services)), encoding="utf-8")


@app.command()
def check(folder: Folder = _HERE) -> None:
    """Fails on every contract that is not as the code says, and reports what would break clients."""
    published, services = Published(folder), _services()
    try:
        found = list(checking.faults(published, services))
        changed = checking.changes(published, services)
    except (ContractError, LintError) as error:
        raise _stopped([str(error)]) from error
    broken = []
    for surface, differences in changed.items():
        for difference in differences:
            typer.echo(f"{surface}: {difference}")
            broken += [f"{surface}: {difference}"] if difference.breaking else []
    if broken and published.is_released():
        found += broken
    if found:
        raise _stopped(found)
    typer.echo("The contracts are current and kept.")


def _services() -> list[Service]:
    services = installed()
    missing = [name for name in NAMES if name not in {service.name for service in services}]
    if missing:
        typer.echo(f"Not installed, so left out: {', '.join(missing)}")
    return services


def _stopped(faults: list[str]) -> typer.Exit:
    for fault in faults:
        typer.echo(fault, err=True)
    return typer.Exit(1)


if __name__ == "__main__":
    app()
