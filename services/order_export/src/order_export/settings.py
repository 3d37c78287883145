"""The environment of order_export, on top of what every service with a database has."""

from typing import Annotated

from pydantic import Field, SecretStr, StringConstraints

from chassis.settings import StatefulSettings

OrderPrefix = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9-]{0,6}$")]


class OrderExportSettings(StatefulSettings):
    """`KONTOR_*` of order_export."""

    port: int = Field(8104, description="Port of the API.")
    worker_port: int = Field(8204, description="Port of the worker's health and metrics page.")
    catalog_url: str = Field("http://127.0.0.1:8102", description="Where catalog answers.")
    pricing_url: str = Field("http://127.0.0.1:8103", description="Where pricing answers.")
    order_number_prefix: OrderPrefix = Field("SO-", description="What order numbers start with.")
    orders_waiting_limit: int = Field(
        10_000, ge=1, description="Orders of one account that may wait for the ERP; more are refused."
    )
    connector_key: SecretStr = Field(
        SecretStr(""),
        description="Encrypts the secrets of connectors at rest; empty derives it from the cursor secret.",
    )
    connectors_may_reach_loopback: bool = Field(
        default=False, description="Whether push connectors may call addresses of this very machine."
    )
    push_poll_seconds: float = Field(0.5, gt=0, description="How often the worker looks for orders to push.")
    push_at_once: int = Field(8, ge=1, description="Orders pushed at the same time.")
