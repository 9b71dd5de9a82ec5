"""Faults of AWS: a reverse proxy before a played account, which answers some calls itself.

A `Fault` says which calls it befalls, what happens to them, since when and how often. The proxy
names a call in one line: ``iam CreateRole``, ``s3 PUT /bucket/key?tagging``.
"""

from __future__ import annotations

import http.client
import json
import re
import socket
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from infra.rehearsal.account import Account

FOREVER = 10**9
# moto words its refusals alike for every service, where AWS has the form of each.
REFUSED = re.compile(rb"<ErrorResponse><Errors><Error><Code>(\w+)</Code><Message>(.*?)</Message>")
NOT_PASSED_ON = {"connection", "content-length", "expect", "transfer-encoding"}

# What befalls a call, besides an answer that is not the account's:
DROPPED = "dropped"  # the connection ends, and the account never saw the call
LOST = "lost"  # the account does what it is asked, and its answer never comes
GONE = "gone"  # from this call on connections are refused, until the account is back


@dataclass(frozen=True)
class Answer:
    """An error that is sent instead of the account's own answer, in the form of its service."""

    status: int
    code: str
    message: str

    def body(self, call, *, is_json):
        """Return it as a service that speaks JSON, S3, EC2, or any other that speaks XML sends it."""
        if is_json:
            return json.dumps({"__type": self.code, "message": self.message})
        error = f"<Code>{self.code}</Code><Message>{self.message}</Message>"
        if call.startswith("s3 "):
            return f"<Error>{error}</Error>"
        if call.startswith("ec2 "):
            return f"<Response><Errors><Error>{error}</Error></Errors><RequestID>0</RequestID></Response>"
        return f"<ErrorResponse><Error>{error}</Error><RequestId>0</RequestId></ErrorResponse>"


EXPIRED_TOKEN = Answer(403, "ExpiredToken", "The security token included in the request is expired")


@dataclass
class Fault:
    """What happens to calls whose line fits a pattern: so many ``times``, from a first call ``since``."""

    calls: str
    happens: Answer | str
    times: int = FOREVER
    since: str = "*"

    def befalls(self, call):
        """Say whether it does; who asks has noted the call."""
        if fnmatchcase(call, self.since):
            self.since = "*"
        if self.since != "*" or not self.times or not fnmatchcase(call, self.calls):
            return False
        self.times -= 1
        return True


class FaultyAccount:
    """An account behind the proxy: ``account`` is spoken to, ``behind`` is the account without faults."""

    def __init__(self, behind):
        self.behind = behind
        self.calls = []
        self._faults = []
        self._lock = threading.Lock()
        self._server = None
        # Holds the port while nothing listens there.
        self._place = socket.socket()
        self._place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self._place.bind(("127.0.0.1", 0))
        self.account = Account("http://{}:{}".format(*self._place.getsockname()), behind.region)
        self._listen()

    def has(self, *faults):
        """Have these faults from now on, and no others; a refusing account listens again."""
        self._listen()
        with self._lock:
            self._faults = list(faults)
            self.calls.clear()

    def count(self, pattern):
        """Return how many such calls there were since the faults were set."""
        with self._lock:
            return sum(fnmatchcase(call, pattern) for call in self.calls)

    def befalling(self, call):
        """Note a call, and return what happens to it; nothing is what should."""
        with self._lock:
            if self._server is None:
                return DROPPED
            self.calls.append(call)
            happens = next((fault.happens for fault in self._faults if fault.befalls(call)), None)
            going, self._server = (self._server, None) if happens == GONE else (None, self._server)
        if going:
            _close(going)
        return happens

    def close(self):
        """Listen no more."""
        if self._server:
            _close(self._server)
        self._place.close()

    def _listen(self):
        if self._server is None:
            self._server = _Server(self)
            threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()


@contextmanager
def faulty(behind):
    """Yield an account with no faults yet; it listens on a port of its own."""
    made = FaultyAccount(behind)
    try:
        yield made
    finally:
        made.close()


class _Server(ThreadingHTTPServer):
    allow_reuse_port = True
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, faulty_account):
        self.faulty = faulty_account
        address = urlsplit(faulty_account.account.url)
        super().__init__((address.hostname, address.port), _Call)

    def handle_error(self, request, client_address):
        """Say nothing of clients that were killed: it is what tests do."""


class _Call(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle_call(self):
        body = self._body()
        call = _line(self.command, self.path, self.headers, body)
        happens = self.server.faulty.befalling(call)
        self.close_connection = True
        if happens in (DROPPED, GONE):
            return
        if isinstance(happens, Answer):
            self._refuse(call, happens)
            return
        status, headers, content = self._pass_on(body)
        if refused := REFUSED.search(content):
            self._refuse(call, Answer(status, refused[1].decode(), refused[2].decode()))
        elif happens != LOST:
            self._send(status, headers, content)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = handle_call  # noqa: N815 - not our names

    def _body(self):
        if self.headers.get("Transfer-Encoding", "") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        chunks = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def _pass_on(self, body):
        """Have the account answer: with the same Host, which is part of what is signed."""
        behind = http.client.HTTPConnection(urlsplit(self.server.faulty.behind.url).netloc, timeout=120)
        behind.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() not in NOT_PASSED_ON:
                behind.putheader(name, value)
        behind.putheader("Content-Length", str(len(body)))
        behind.endheaders(body)
        answer = behind.getresponse()
        headers = [(n, v) for n, v in answer.getheaders() if n.lower() not in NOT_PASSED_ON]
        if self.command == "HEAD":
            headers.append(("Content-Length", answer.getheader("Content-Length", "0")))
        content = answer.read()
        behind.close()
        return answer.status, headers, content

    def _refuse(self, call, answer):
        is_json = "X-Amz-Target" in self.headers
        self._send(answer.status, [], answer.body(call, is_json=is_json).encode())

    def _send(self, status, headers, content):
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        if self.command != "HEAD":
            self.send_header("Content-Length", str(len(content)))
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_):
        pass


def _line(method, path, headers, body):
    """Return a call's line: its service, and the action that the service's protocol names."""
    scope = re.search(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/", headers.get("Authorization", ""))
    service = scope.group(1) if scope else "unsigned"
    if target := headers.get("X-Amz-Target"):
        return f"{service} {target.rpartition('.')[2]}"
    if "x-www-form-urlencoded" in headers.get("Content-Type", ""):
        return f"{service} {parse_qs(body.decode())['Action'][0]}"
    return f"{service} {method} {path}"


def _close(server):
    server.shutdown()
    server.server_close()
