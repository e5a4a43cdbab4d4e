"""A webhook leads to the public network only: also by what an address embeds, and at the other end."""

import socket
from urllib.parse import urlsplit

import pytest

from backend.notifications.channels import http
from backend.notifications.channels.addresses import is_public

# Each embeds 10.0.0.1 or 127.0.0.1 where a tunnel or translator would find it.
INWARD = [
    "10.0.0.1", "::1", "::", "fe80::1%eth0", "fec0::1", "fc00::1", "ff02::1", "224.0.0.1", "0.0.0.0",
    "::ffff:10.0.0.1", "::10.0.0.1", "::ffff:0:10.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b:1::808:808",
    "2002:a00:1::1", "2001:0:a00:1::1", "2001:0:808:808:0:0:f5ff:fffe", "2400:cb00::5efe:a00:1",
    "2400:cb00::200:5efe:7f00:1", "fe80::5efe:808:808",
]  # fmt: skip
OUTWARD = ["8.8.8.8", "2400:cb00::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1",
           "2400:cb00::5efe:808:808"]  # fmt: skip


@pytest.mark.parametrize("address", [*INWARD, *OUTWARD])
def test_an_address_is_judged_by_what_it_embeds_secure(address: str) -> None:
    assert is_public(address) is (address in OUTWARD)


def test_where_the_connection_ends_is_what_counts_secure() -> None:
    """A local redirection may lead a public address inwards after it was looked at."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        to = urlsplit(f"https://oa.example.cn:{server.getsockname()[1]}/")
        line = http._Line(to, ["127.0.0.1"], None, private=False)
        with pytest.raises(http.Unreached) as seen:
            line.request("POST", "/", body=b"contents")
        assert (seen.value.code, seen.value.final) == ("address", True)
        taken, _ = server.accept()
        assert taken.recv(100) == b""
        taken.close()
