"""The URL of an endpoint: what is refused when it is given, and how what remains is written."""

from ipaddress import ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from service.core.endpoint_urls import endpoint_url
from service.core.fields import Bad

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
LONGEST_NAME = ".".join(["a" * 63] * 3 + ["a" * 61])

TAKEN = {
    "https://example.com": "https://example.com",
    "https://example.com/hooks?from=ax&x=%20y": "https://example.com/hooks?from=ax&x=%20y",
    "  https://example.com/hooks  ": "https://example.com/hooks",
    "HTTPS://EXAMPLE.com/Hooks": "https://example.com/Hooks",
    "https://example.com:8443/hooks": "https://example.com:8443/hooks",
    "https://example.com:65535": "https://example.com:65535",
    "https://example.com./hooks": "https://example.com./hooks",
    "https://hook_receiver.example.com": "https://hook_receiver.example.com",
    "https://example.com?x=1": "https://example.com?x=1",
    "https://example.com/a@b": "https://example.com/a@b",
    "https://한국.example.com/웹훅": "https://xn--3e0b707e.example.com/웹훅",
    "https://ｅｘａｍｐｌｅ.com": "https://example.com",
    "https://xn--3e0b707e.example.com": "https://xn--3e0b707e.example.com",
    "https://8.8.8.8/hooks": "https://8.8.8.8/hooks",
    "https://[2001:4860:4860::8888]:8443/": "https://[2001:4860:4860::8888]:8443/",
    "https://1.example.com": "https://1.example.com",
    "https://127.0.0.1.example.com": "https://127.0.0.1.example.com",
    "https://0x7f.example": "https://0x7f.example",
    "https://localhost:8443": "https://localhost:8443",  # a name: judged when it is called
    f"https://{LONGEST_NAME}/": f"https://{LONGEST_NAME}/",
}
REFUSED = {
    "not_a_webhook_url": [
        "http://example.com",
        "ftp://example.com",
        "file:///etc/passwd",
        "gopher://example.com",
        "javascript:alert(1)",
        "//example.com/hooks",
        "example.com/hooks",
        "https:example.com",
        "https:/example.com",
        "https:\\\\example.com",
        "https://example.com/a b",
        "https://exam\nple.com",
        "https+unix://example.com",
    ],
    "url_with_user": [
        "https://user@example.com",
        "https://user:word@example.com",
        "https://@example.com",
        "https://example.com\\@10.0.0.1",
        "https://8.8.8.8＠10.0.0.1",
        "https://8.8.8.8﹫10.0.0.1",
        "https://a@b@example.com",
    ],
    "url_with_fragment": ["https://example.com/#x", "https://example.com#"],
    "bad_url_host": [
        "https://",
        "https:///hooks",
        "https://:8443/",
        "https://?x",
        "https://.",
        "https://..",
        "https://.example.com",
        "https://example..com",
        "https://-example.com",
        "https://example-.com",
        "https://exam%70le.com",
        "https://127.0.0.1%2f.example.com",
        "https://example.com\\.evil.example",
        "https://ex!ample.com",
        "https://ℂ℀.example.com",
        "https://a" + "a" * 63 + ".com",
        f"https://a.{LONGEST_NAME}",
        "https://[::1",
        "https://[::1]x",
        "https://x[::1]",
        "https://::1/",
        "https://straße.example",
        "https://exa\u200dmple.com",
        "https://한\u2060국..example",
        "https://" + "한" * 64 + ".example",
    ],
    "bad_url_port": [
        "https://example.com:0",
        "https://example.com:65536",
        "https://example.com:",
        "https://example.com:0443",
        "https://example.com:+443",
        "https://example.com:-1",
        "https://example.com:https",
        "https://example.com:４４３",
        "https://example.com:443:443",
        "https://example.com:99999999999",
        "https://[2001:4860:4860::8888]:0",
    ],
    "address_not_canonical": [
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0X7F.1/",
        "https://017700000001/",
        "https://0177.0.0.1/",
        "https://127.1/",
        "https://127.0.1/",
        "https://127.0.0.01/",
        "https://127.0.0.0x1/",
        "https://127.0.0.1./",
        "https://127.0.0.1../",
        "https://256.1.1.1/",
        "https://1.2.3.4.5/",
        "https://0x/",
        "https://１２７.０.０.１/",
        "https://①②⑦.⓪.⓪.①/",
        "https://127。0。0。1/",
        "https://127.0.0.\u00ad1/",
        "https://8。8。8。8/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:8.8.8.8]/",
        "https://[::ffff:7f00:1]/",
        "https://[0:0:0:0:0:0:0:1]/",
        "https://[2001:4860:4860:0::8888]/",
        "https://[2001:4860:4860::ABCD]/",
        "https://[fe80::1%25eth0]/",
        "https://[2001:4860:4860::8888%1]/",
        "https://[127.0.0.1:]/",
        "https://[]/",
        "https://[v1.fe80]/",
        "https://[:::1]/",
    ],
    "address_not_public": [
        "https://127.0.0.1/",
        "https://127.0.0.1:8443/",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://0.0.0.0/",
        "https://255.255.255.255/",
        "https://192.168.0.1/",
        "https://100.64.0.1/",
        "https://224.0.0.1/",
        "https://[::1]/",
        "https://[::]/",
        "https://[fe80::1]/",
        "https://[fd00::1]/",
        "https://[::7f00:1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "https://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/",
    ],
}


def refused_code(value: Any, **allowed: Any) -> str:
    with pytest.raises(Bad) as refused:
        endpoint_url(value, **allowed)
    return refused.value.code


@pytest.mark.parametrize(("text", "url"), TAKEN.items())
def test_plain_urls_are_taken_and_written_in_one_way(text: str, url: str) -> None:
    assert endpoint_url(text) == url


@pytest.mark.parametrize("url", TAKEN.values())
def test_what_is_returned_is_taken_again_unchanged(url: str) -> None:
    assert endpoint_url(url) == url


@pytest.mark.parametrize("url", TAKEN.values())
def test_sender_reads_the_host_that_was_judged(url: str) -> None:
    host = url.removeprefix("https://").partition("/")[0].partition("?")[0]
    read = URL(url)
    assert read.host_subcomponent == host.removesuffix(f":{read.explicit_port}")


@pytest.mark.parametrize(("code", "text"), [(code, text) for code, texts in REFUSED.items() for text in texts])
def test_what_can_never_be_allowed_is_refused_by_its_part(code: str, text: str) -> None:
    assert refused_code(text) == code


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (1, "not_text"),
        ("", "empty"),
        ("https://example.com/" + "a" * 481, "too_long"),
        ("https://a\x00", "control_character"),
    ],
)
def test_an_url_is_a_line_of_text(value: Any, code: str) -> None:
    assert refused_code(value) == code


def test_http_is_taken_where_a_setting_allows_it() -> None:
    assert endpoint_url("http://example.com/hooks", allow_http=True) == "http://example.com/hooks"
    assert refused_code("ftp://example.com", allow_http=True) == "not_a_webhook_url"


@pytest.mark.parametrize("url", ["https://127.0.0.1:8443/hooks", "https://[::1]/hooks"])
def test_address_in_an_opened_network_is_taken(url: str) -> None:
    assert endpoint_url(url, networks=LOOPBACK) == url


@pytest.mark.parametrize(
    "text", ["https://127.1/", "https://2130706433/", "https://１２７.０.０.１/", "https://[::ffff:127.0.0.1]/"]
)
def test_an_opened_network_opens_no_other_way_to_write_it(text: str) -> None:
    assert refused_code(text, networks=LOOPBACK) == "address_not_canonical"


HOSTS = st.text(st.sampled_from("01279abfx.:[]@/\\?#%-_ a가１①。．ß\u00ad\u200d"), max_size=16)


@given(HOSTS | st.text(max_size=16))
def test_whatever_is_taken_the_sender_reads_the_host_that_was_judged(host: str) -> None:
    try:
        url = endpoint_url(f"https://{host}/hooks")
    except Bad:
        return
    authority = url.removeprefix("https://").partition("/")[0].partition("?")[0]
    read = URL(url)
    assert read.user is None
    assert read.host_subcomponent == authority.removesuffix(f":{read.explicit_port}")
    assert authority.isascii()
