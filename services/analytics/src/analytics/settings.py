"""The environment of analytics, on top of what every service with a database has."""

from pydantic import Field

from chassis.settings import StatefulSettings


class AnalyticsSettings(StatefulSettings):
    """`KONTOR_*` of analytics."""

    port: int = Field(8105, description="Port of the API.")
    worker_port: int = Field(8205, description="Port of the worker's health and metrics page.")
