"""Outgoing addresses: a name is resolved once, every answer tested, and the call goes to what was tested."""

import asyncio
import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit


class AddressRefused(Exception):  # noqa: N818 - not an error of ours: the address is refused
    """The address is none an order may be sent to."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a call goes: the URL with a tested IP address in it, and the name for Host header and TLS."""

    url: str
    host_header: str
    server_name: str


class AddressGuard:
    """Resolves and tests. Private networks are fine, an ERP usually stands in one; loopback is a setting."""

    def __init__(self, *, loopback: bool) -> None:
        self._loopback = loopback

    async def resolve(self, url: str) -> Destination:
        """A destination for a URL. Raises AddressRefused."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or parts.hostname is None or parts.username is not None:
            raise AddressRefused("only http and https addresses without user information")
        port = parts.port or (443 if parts.scheme == "https" else 80)
        try:
            found = await asyncio.get_running_loop().getaddrinfo(
                parts.hostname, port, type=socket.SOCK_STREAM
            )
        except socket.gaierror as error:
            raise AddressRefused(f"{parts.hostname} cannot be resolved") from error
        addresses = [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
        for address in addresses:
            self._test(address)
        chosen = addresses[0]
        literal = f"[{chosen}]" if chosen.version == 6 else str(chosen)
        tested = parts._replace(netloc=f"{literal}:{port}").geturl()
        return Destination(tested, parts.netloc, parts.hostname)

    def _test(self, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
        mapped = getattr(address, "ipv4_mapped", None)
        if mapped is not None:
            self._test(mapped)
            return
        if address.is_loopback and self._loopback:
            return
        if address.is_loopback or address.is_link_local or address.is_multicast or address.is_unspecified:
            raise AddressRefused(f"orders are not sent to {address}")
