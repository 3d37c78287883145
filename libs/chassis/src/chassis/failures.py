"""One family of errors: each failure is a class with a stable code; only the port knows HTTP.

Failure
├── NotFound, Gone          it is not there, or not yours
├── Unauthenticated         nobody we know
├── Denied                  known, but may not
├── Malformed               not readable at all
├── Invalid                 readable, but its content is refused
├── Conflict                the state forbids it
├── PreconditionFailed, PreconditionRequired   a concurrent edit
├── TooLarge, BodyTooSlow, UnsupportedMedia
├── Limited                 too many requests: the caller's doing
└── Unavailable             our doing: try again later
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True)
class FieldError:
    """What is wrong at one place: a JSON pointer into the body, or the name of a parameter."""

    code: str
    message: str
    pointer: str | None = None
    parameter: str | None = None
    extra: Mapping[str, Any] | None = None


class Failure(Exception):  # noqa: N818 - the family is called failure: most are no error of ours
    """Base of every failure a caller may see; subclasses set `code`, `title` and their kind."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    title: ClassVar[str] = "Something went wrong here"

    def __init__(
        self,
        detail: str | None = None,
        *,
        errors: Sequence[FieldError] = (),
        extra: Mapping[str, Any] | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.errors = tuple(errors)
        self.extra = dict(extra or {})
        self.retry_after = retry_after


class NotFound(Failure):
    """It does not exist, or is not the caller's: the answer is the same."""

    status = 404
    code = "not_found"
    title = "There is no such thing, or it is not yours"


class Gone(Failure):
    """It was there once."""

    status = 410
    code = "gone"
    title = "It is no longer there"


class Unauthenticated(Failure):
    """No token, or one that is not valid (any more)."""

    status = 401
    code = "unauthenticated"
    title = "A valid access token is needed"
    challenge: ClassVar[str] = "Bearer"  # RFC 9110, 11.6.1: how the caller could prove itself


class Denied(Failure):
    """The caller is known and may not do this."""

    status = 403
    code = "permission_denied"
    title = "You may not do this"


class Malformed(Failure):
    """The request could not be read."""

    status = 400
    code = "malformed_request"
    title = "The request could not be read"


class Invalid(Failure):
    """The request was read, and its content is refused."""

    status = 422
    code = "validation_failed"
    title = "The content of the request is refused"


class Conflict(Failure):
    """The state of things forbids it."""

    status = 409
    code = "conflict"
    title = "The present state forbids this"


class PreconditionFailed(Failure):
    """Somebody changed it in the meantime."""

    status = 412
    code = "version_conflict"
    title = "It was changed in the meantime; read it again"


class PreconditionRequired(Failure):
    """A change must say which version it is based on."""

    status = 428
    code = "if_match_required"
    title = "Say with If-Match which version you change"


class BodyTooSlow(Failure):
    """The body stopped arriving, or took too long as a whole."""

    status = 408
    code = "body_too_slow"
    title = "The body did not arrive in time"


class TooLarge(Failure):
    """The body exceeds what this operation takes."""

    status = 413
    code = "body_too_large"
    title = "The body is larger than this operation takes"


class UnsupportedMedia(Failure):
    """The body is of a kind this operation does not read."""

    status = 415
    code = "unsupported_media_type"
    title = "This operation does not read that kind of body"


class Limited(Failure):
    """The caller sends more than agreed."""

    status = 429
    code = "rate_limited"
    title = "Too many requests"


class Unavailable(Failure):
    """Something of ours does not answer; nothing was done."""

    status = 503
    code = "unavailable"
    title = "This cannot be answered just now"
