"""Traces by OpenTelemetry, off unless an endpoint is configured."""

from pkgutil import resolve_name
from typing import Final

# By name: the SDK and its exporter are loaded by the process that exports, and no other.
_EXPORT: Final = "chassis.tracing:export_spans"


def configure_telemetry(*, service: str, otlp_endpoint: str) -> None:
    """Exports spans of this process to the OTLP/HTTP endpoint; does nothing when it is empty."""
    if otlp_endpoint:
        resolve_name(_EXPORT)(service, otlp_endpoint)
