"""The URL of a webhook endpoint: what can never be allowed is refused when it is given, not when it is called.

Programs differ in how they read a doubtful URL, and what is judged must be what is called. So anything doubtful is
refused, and what is returned is plain: a scheme and a host in lower-case ASCII, an address in canonical form.

Names are judged when they are called, on every address they stand for then (`service.clients.url_policy`).

Source: PRODUCT.md section 6, promise 7; RFC 3986; RFC 5952; the URL standard's rule of hosts that end in a number.
"""

import re
import unicodedata
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from service.core.addresses import Address, Network, refusal_of
from service.core.fields import LINE, Bad

_URL = re.compile(r"(?P<scheme>[A-Za-z]+)://(?P<authority>[^/?#]*)(?P<rest>[^#]*)(?P<fragment>#.*)?")
_AUTHORITY = re.compile(r"(?P<host>\[[^\[\]]*\]|[^\[\]:]*)(?::(?P<port>.*))?")
_PORT = re.compile(r"[1-9][0-9]{0,4}")
_HIGHEST_PORT = 65535
_HOST_LENGTH = 253
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?")
# In the last label digits alone, or 0x and hexadecimal ones: system libraries take the host for an IPv4 address.
_ENDS_IN_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)\.*", re.DOTALL)
# IDNA's two editions read these differently: sharp s, final sigma, and the joiners.
_READ_IN_TWO_WAYS = re.compile("[ßẞς\u200c\u200d]")
_FULL_STOPS = str.maketrans("。．｡", "...")


def endpoint_url(value: Any, *, allow_http: bool = False, networks: Sequence[Network] = ()) -> str:
    """Take the URL of an endpoint and return it plain; an internationalised name comes back as it is looked up (xn--…).

    https, or http too with `allow_http`. An address in the URL must be public, or in one of the opened `networks`.

    Raises:
        Bad: no such URL, or one that can never be called; the code says which part.
    """
    clean = str(LINE(value))
    schemes = ("https", "http") if allow_http else ("https",)
    parts = _URL.fullmatch(clean)
    if not parts or " " in clean or parts["scheme"].lower() not in schemes:
        raise Bad("not_a_webhook_url", schemes=", ".join(schemes))
    # What looks like @ is read as @ by whoever normalises the host.
    if "@" in unicodedata.normalize("NFKC", parts["authority"]):
        raise Bad("url_with_user")
    if parts["fragment"] is not None:
        raise Bad("url_with_fragment")
    return f"{parts['scheme'].lower()}://{_authority(parts['authority'], networks)}{parts['rest']}"


def _authority(raw: str, networks: Sequence[Network]) -> str:
    parts = _AUTHORITY.fullmatch(raw)
    if not parts:
        raise Bad("bad_url_host")
    host = _bracketed(parts["host"], networks) if parts["host"].startswith("[") else _host(parts["host"], networks)
    port = parts["port"]
    if port is None:
        return host
    if not _PORT.fullmatch(port) or int(port) > _HIGHEST_PORT:
        raise Bad("bad_url_port")
    return f"{host}:{port}"


def _host(raw: str, networks: Sequence[Network]) -> str:
    """Return a name, or an IPv4 address, without brackets."""
    host = _ascii(raw)
    if _ENDS_IN_NUMBER.fullmatch(host):
        _judge(canonical_address(raw), networks)
    elif len(host) > _HOST_LENGTH or not _NAME.fullmatch(host):
        raise Bad("bad_url_host")
    return host


def _ascii(raw: str) -> str:
    """Return a host as it is looked up: folded by NFKC and case, internationalised labels as xn--…."""
    if len(raw) > _HOST_LENGTH or _READ_IN_TWO_WAYS.search(raw):
        raise Bad("bad_url_host")
    folded = unicodedata.normalize("NFKC", raw).translate(_FULL_STOPS).lower()
    if folded.isascii():
        return folded
    try:
        return folded.encode("idna").decode().lower()
    except UnicodeError:
        raise Bad("bad_url_host") from None


def _bracketed(raw: str, networks: Sequence[Network]) -> str:
    _judge(canonical_address(raw[1:-1]), networks)
    return raw


def canonical_address(text: str) -> Address:
    """Return the address that `text` writes in the one form it has; an IPv4 address is never written as an IPv6 one.

    Raises:
        Bad: no address, or one written in another way (octal, hexadecimal, short, a single number, with a zone, …).
    """
    kind = IPv6Address if ":" in text else IPv4Address
    try:
        address = kind(text)
    except ValueError:
        raise Bad("address_not_canonical") from None
    is_dressed = isinstance(address, IPv6Address) and (address.ipv4_mapped or address.scope_id is not None)
    if is_dressed or str(address) != text:
        raise Bad("address_not_canonical")
    return address


def _judge(address: Address, networks: Sequence[Network]) -> None:
    if refusal_of(address, opened=networks) is not None:
        raise Bad("address_not_public")
