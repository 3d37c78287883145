"""Settings every service shares; read once by a composition root and passed on, never at import."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """The environment of any process, `KONTOR_*`."""

    model_config = SettingsConfigDict(env_prefix="KONTOR_", frozen=True, extra="ignore")

    host: str = Field("127.0.0.1", description="Address the API listens on.")
    port: int = Field(description="Port of the API.")
    log_level: str = Field("INFO", description="Least severe level that is written.")
    log_format: str = Field(
        "json", pattern="^(json|console)$", description="One JSON object a line, or for people."
    )
    otlp_endpoint: str = Field("", description="Where traces go (OTLP over HTTP); empty turns tracing off.")
    accounts_url: str = Field(
        "http://127.0.0.1:8101", description="Where accounts answers; its public keys are there."
    )
    token_issuer: str = Field("kontor", description="The `iss` every access token must carry.")
    shutdown_seconds: int = Field(10, ge=0, description="How long running requests may finish after SIGTERM.")
    body_limit: int = Field(
        1_048_576, ge=1, description="Largest request body in bytes where no route says otherwise."
    )


class StatefulSettings(Settings):
    """A service with a database, an outbox and a worker."""

    database_url: SecretStr = Field(description="postgresql://user:password@host:port/database")
    database_pool: int = Field(20, ge=1, description="Connections the API opens at most, and then keeps.")
    kafka_bootstrap: str = Field(
        "127.0.0.1:9092", description="host:port of one or more brokers, comma separated."
    )
    worker_port: int = Field(description="Port of the worker's health and metrics page.")
    contracts_dir: Path = Field(
        Path("contracts"), description="Folder with the published contracts (events/)."
    )
    cursor_secret: SecretStr = Field(
        description="Key that signs cursors; the same for every copy of a service."
    )
    time_zone: str = Field("Europe/Amsterdam", description="The wholesaler's time zone (IANA name).")
