"""Command line of the gateway."""

import typer

from chassis.logging import configure_logging
from chassis.server import serve
from chassis.telemetry import configure_telemetry
from gateway.api import make_app
from gateway.settings import GatewaySettings

app = typer.Typer(no_args_is_help=True, add_completion=False, help="gateway: the only door.")


@app.callback()
def main() -> None:
    """gateway: the only door."""


@app.command()
def api() -> None:
    """Serves until SIGTERM or SIGINT."""
    settings = GatewaySettings()
    configure_logging(service="gateway", level=settings.log_level, log_format=settings.log_format)
    configure_telemetry(service="gateway", otlp_endpoint=settings.otlp_endpoint)
    serve(make_app(settings), settings)


if __name__ == "__main__":
    app()
