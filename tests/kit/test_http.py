"""The guard on addresses people typed, and what a call brings back."""
import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest

from app.kit import http
from app.kit.http import Unreachable, check, fetch, public

PRIVATE = ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
           "224.0.0.1", "192.0.0.8", "192.88.99.1", "240.0.0.1", "::1", "fe80::1", "fc00::1", "fec0::1",
           "::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1", "64:ff9b:1::1", "2001::1", "ff02::1"]


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_not_public(address):
    assert not public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:4700::1111", "1.1.1.1"])
def test_the_open_internet_is(address):
    assert public(address)


def answers(monkeypatch, *addresses):
    rows = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in addresses]
    monkeypatch.setattr(http.socket, "getaddrinfo", lambda *a, **k: rows)


@pytest.mark.parametrize("url", [
    "http://example.test/", "ftp://example.test/", "https://", "https://user:pw@example.test/",
    "https://@example.test/",
    "https://example.test:22/",
    "https://example.test:0/", "https://example.test:99999/", "https://0x7f000001/", "https://127.1/",
    "https://[::1]/", "https://2130706433/", "not a url", "https://exa mple.test/",
    "javascript:alert(1)"])
def test_addresses_that_are_refused(url):
    with pytest.raises(Unreachable) as refused:
        fetch("GET", url)
    assert str(refused.value) == "The address could not be reached." and not refused.value.sent


def test_every_address_of_a_name_must_be_public(monkeypatch):
    answers(monkeypatch, "93.184.216.34", "10.0.0.1")
    with pytest.raises(Unreachable) as refused:
        check("https://example.test/")
    assert "10.0.0.1" in refused.value.why
    answers(monkeypatch, "93.184.216.34", "1.1.1.1")
    assert check("https://example.test/")[1] == "93.184.216.34"


def test_it_connects_to_what_was_checked_with_the_first_name(monkeypatch):
    answers(monkeypatch, "93.184.216.34")
    seen = []

    def answer(request):
        seen.append(request)
        return httpx.Response(302, headers={"Location": "https://10.0.0.1/"},
                              stream=httpx.ByteStream(b"moved"))

    found = fetch("POST", "https://example.test:8443/a?b=1", content=b"{}", transport=httpx.MockTransport(answer),
                  headers={"X-A": "1", "host": "evil.test"})
    [request] = seen
    assert str(request.url) == "https://93.184.216.34:8443/a?b=1" and request.headers["host"] == "example.test:8443"
    assert request.extensions["sni_hostname"] == "example.test" and request.headers["x-a"] == "1"
    assert (found.status, found.ok, found.text) == (302, False, "moved")


@pytest.mark.parametrize("raised, sent", [(httpx.ConnectError, False), (httpx.ConnectTimeout, False),
                                          (httpx.ReadTimeout, True), (httpx.RemoteProtocolError, True)])
def test_whether_it_may_have_arrived(monkeypatch, raised, sent):
    answers(monkeypatch, "93.184.216.34")

    def fail(request):
        raise raised("no", request=request)

    with pytest.raises(Unreachable) as failed:
        fetch("GET", "https://example.test/", transport=httpx.MockTransport(fail))
    assert failed.value.sent is sent


@pytest.fixture
def server():
    """A web server on this machine that answers 100 kB."""
    class Big(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"x" * 100_000)

        def log_message(self, *args):
            return None

    server = HTTPServer(("127.0.0.1", 0), Big)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def test_only_the_operator_may_name_this_machine_and_answers_are_cut(server):
    with pytest.raises(Unreachable):
        fetch("GET", server)
    found = fetch("GET", server, allow_private=True)
    assert found.ok and len(found.body) == 64 * 1024 and found.cut
