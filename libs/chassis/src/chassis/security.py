"""Permissions as route declarations: a route says who may call it, a test and the contract read the same."""

from fastapi import Request

from chassis.failures import Denied, Unauthenticated
from chassis.principal import Caller, Principal
from chassis.tokens import TokenVerifier


class Requires:
    """A dependency that yields the caller's principal, or refuses.

    Any one of `permissions` suffices; without permissions every caller of the named kinds may.
    """

    def __init__(self, callers: frozenset[Caller], permissions: tuple[str, ...]) -> None:
        self.callers = callers
        self.permissions = permissions

    async def __call__(self, request: Request) -> Principal:
        principal = await authenticate(request)
        if principal.caller not in self.callers:
            raise Denied("this surface is for other callers")
        if self.permissions and principal.permissions.isdisjoint(self.permissions):
            raise Denied(f"needs {' or '.join(self.permissions)}")
        return principal


async def authenticate(request: Request) -> Principal:
    """The principal of the request's bearer token. Raises Unauthenticated."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated
    verifier: TokenVerifier = request.app.state.verifier
    principal = await verifier.verify(token.strip())
    request.scope["principal"] = principal
    return principal


def channel(*permissions: str) -> Requires:
    """For users of customer accounts."""
    return Requires(frozenset({Caller.USER}), permissions)


def integration(*scopes: str) -> Requires:
    """For machine clients with one of the scopes."""
    return Requires(frozenset({Caller.CLIENT}), scopes)


def admin(*permissions: str) -> Requires:
    """For the wholesaler's staff."""
    return Requires(frozenset({Caller.STAFF}), permissions)


def internal(*callers: Caller) -> Requires:
    """For other services, which pass on the token of one of these callers."""
    return Requires(frozenset(callers), ())
