"""The environment of the gateway."""

from pathlib import Path

from pydantic import Field, SecretStr

from chassis.settings import Settings


class GatewaySettings(Settings):
    """`KONTOR_*` of the gateway."""

    port: int = Field(8080, description="Port of the API.")
    catalog_url: str = Field("http://127.0.0.1:8102", description="Where catalog answers.")
    pricing_url: str = Field("http://127.0.0.1:8103", description="Where pricing answers.")
    order_export_url: str = Field("http://127.0.0.1:8104", description="Where order_export answers.")
    analytics_url: str = Field("http://127.0.0.1:8105", description="Where analytics answers.")
    kafka_bootstrap: str = Field(
        "127.0.0.1:9092", description="host:port of one or more brokers, comma separated."
    )
    contracts_dir: Path = Field(
        Path("contracts"),
        description="Folder with the published contracts (http/): routes are made from them.",
    )
    body_limit: int = Field(
        4_294_967_296, ge=1, description="Largest upload of an import run in bytes; it passes as a stream."
    )
    cursor_secret: SecretStr = Field(description="Key that signs cursors; the same for every copy.")
    json_limit: int = Field(
        1_048_576, ge=1, description="Largest body in bytes of any operation but imports."
    )
    batch_limit: int = Field(
        16_777_216, ge=1, description="Largest body in bytes of a batch of an integration."
    )
    stall_seconds: float = Field(
        15.0, gt=0, description="How long a body may stop arriving before the request is given up."
    )
    body_seconds: float = Field(
        60.0, gt=0, description="How long a body may take as a whole; uploads of import runs may take longer."
    )
    at_once: int = Field(
        400,
        ge=10,
        description="Requests answered at the same time; the last fifth is for carts and orders alone.",
    )
    pass_seconds: float = Field(30.0, gt=0, description="How long a service may take for a passed request.")
    import_seconds: float = Field(3600.0, gt=0, description="How long an upload may take.")
    user_rate: float = Field(50.0, gt=0, description="Requests a second one user may send for long.")
    user_burst: int = Field(200, ge=1, description="Requests one user may send at once.")
    client_rate: float = Field(
        200.0, gt=0, description="Requests a second one machine client may send for long."
    )
    client_burst: int = Field(1000, ge=1, description="Requests one machine client may send at once.")
    address_rate: float = Field(
        100.0, gt=0, description="Requests a second from one address without a token."
    )
    address_burst: int = Field(400, ge=1, description="Requests at once from one address without a token.")
    login_rate: float = Field(5.0, gt=0, description="Log-ins a second from one address.")
    login_burst: int = Field(100, ge=1, description="Log-ins at once from one address.")
    admin_origins: str = Field(
        "", description="Origins whose pages may call the admin surface, comma separated."
    )
