"""The environment of catalog, on top of what every service with a database has."""

from pydantic import Field

from chassis.settings import StatefulSettings


class CatalogSettings(StatefulSettings):
    """`KONTOR_*` of catalog."""

    port: int = Field(8102, description="Port of the API.")
    worker_port: int = Field(8202, description="Port of the worker's health and metrics page.")
    pricing_url: str = Field(
        "http://127.0.0.1:8103", description="Where pricing answers; audiences are there."
    )
    audience_seconds: float = Field(
        60.0,
        ge=0,
        le=60,
        description="How long a user's audience is remembered where no event takes it away.",
    )
    erp_locale: str = Field(
        "en",
        pattern="^[a-z]{2}(-[A-Z]{2})?$",
        description="Language of the texts the ERP sends, and the last resort.",
    )
    locales: tuple[str, ...] = Field(
        ("en", "nl", "de", "fr"), description="Languages that answers are given in, as a JSON list."
    )
    kept_answers: int = Field(
        67_108_864, ge=0, description="Bytes of answers to channels kept in memory; 0 keeps none."
    )
    import_limit: int = Field(
        4_294_967_296, ge=1, description="Largest import body in bytes, inflated or not."
    )
