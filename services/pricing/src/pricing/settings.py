"""The environment of pricing, on top of what every service with a database has."""

from pydantic import Field

from chassis.settings import StatefulSettings


class PricingSettings(StatefulSettings):
    """`KONTOR_*` of pricing."""

    port: int = Field(8103, description="Port of the API.")
    worker_port: int = Field(8203, description="Port of the worker's health and metrics page.")
    hot_connections: int = Field(8, ge=1, description="Connections kept for resolving prices.")
