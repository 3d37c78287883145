"""The environment of accounts, on top of what every service with a database has."""

from pydantic import Field, SecretStr

from chassis.settings import StatefulSettings


class AccountsSettings(StatefulSettings):
    """`KONTOR_*` of accounts."""

    port: int = Field(8101, description="Port of the API.")
    worker_port: int = Field(8201, description="Port of the worker's health and metrics page.")
    token_secret: SecretStr = Field(
        min_length=32, description="Encrypts signing keys at rest and derives refresh tokens."
    )
    access_token_seconds: int = Field(300, ge=30, le=300, description="How long an access token lives.")
    refresh_token_days: int = Field(30, ge=1, description="How long a session lives without a log-out.")
    refresh_grace_seconds: int = Field(
        30, ge=0, description="How long the refresh token before the last is taken."
    )
    key_rotation_days: int = Field(30, ge=1, description="How long a key signs before the next one does.")
    key_lead_seconds: int = Field(600, ge=0, description="How long a key is published before it signs.")
    hashing_threads: int = Field(2, ge=1, description="Threads that hash passwords.")
    hashing_queue: int = Field(32, ge=1, description="Log-ins that may wait for hashing; more are shed.")
    invitation_hours: int = Field(168, ge=1, description="How long an invitation can be accepted.")
    reset_minutes: int = Field(60, ge=5, description="How long a password reset can be used.")
    smtp_host: str = Field("127.0.0.1", description="Mail server.")
    smtp_port: int = Field(25, description="Its port.")
    smtp_username: str = Field("", description="Log-in at the mail server; empty for none.")
    smtp_password: SecretStr = Field(SecretStr(""), description="Its password.")
    smtp_tls: str = Field(
        "none", pattern="^(none|starttls|tls)$", description="How the connection is protected."
    )
    mail_sender: str = Field("orders@localhost", description="Sender of every mail.")
    locales: tuple[str, ...] = Field(
        ("en",), description="Languages the channels offer, the default one first."
    )
    channel_link: str = Field(
        "http://127.0.0.1:8080/welcome#token={token}", description="Link in mails; {token} is replaced."
    )
