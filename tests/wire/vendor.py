"""A web server with a memory, for pretending to be a vendor: who may call, what fails next, what was asked."""
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit


class Refuse(Exception):
    """An answer that is no success."""

    def __init__(self, status, message="", **headers):
        super().__init__(message)
        self.status, self.headers = status, headers


class Vendor:
    """Subclasses have `answer(method, path, query, body) -> dict`; `query` and forms are lists of pairs."""

    def __init__(self):
        self.asked, self.faults, self.keys, self.lock = [], [], {"key_1"}, threading.Lock()
        self.after = {}                  # path -> called with how often it was asked, while the answer is on its way

    def __enter__(self):
        vendor = self

        class Handler(BaseHTTPRequestHandler):
            def serve(self):
                vendor.serve(self)

            do_GET = do_POST = do_DELETE = do_PATCH = serve

            def log_message(self, *args):
                return None

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def fail(self, path, status, times=1, message="", **headers):
        """The next calls of this path fail like this; status 0 hangs for `message` seconds."""
        self.faults += [(path, status, message, headers)] * times

    def lines(self, path):
        """The queries of all calls of this path, as dicts."""
        return [dict(query) for method, asked, query in self.asked if asked == path and method == "GET"]

    def serve(self, handler):
        parts = urlsplit(handler.path)
        query, raw = parse_qsl(parts.query), handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        form = handler.headers.get("Content-Type", "").startswith("application/x-www-form")
        body = parse_qsl(raw.decode()) if form else json.loads(raw) if raw else None
        with self.lock:
            self.asked.append((handler.command, parts.path, query))
            status, answer, headers = self.said(handler, parts.path, query, body)
        if parts.path in self.after:
            self.after[parts.path](len(self.lines(parts.path)))
        self.send(handler, status, answer, headers)

    def said(self, handler, path, query, body):
        fault = next((one for one in self.faults if one[0] in path), None)
        try:
            if fault:
                self.faults.remove(fault)
                if fault[1] == 0:
                    time.sleep(float(fault[2]))
                    return 200, {}, {}
                raise Refuse(fault[1], fault[2], **fault[3])
            self.admit(handler, path)
            return 200, self.answer(handler.command, path, query, body), {}
        except Refuse as no:
            return no.status, {"error": {"type": "refused", "message": str(no)}}, no.headers

    def admit(self, handler, path):
        if handler.headers.get("Authorization", "").removeprefix("Bearer ") not in self.keys:
            raise Refuse(401, "Invalid API key")

    @staticmethod
    def send(handler, status, answer, headers):
        raw = json.dumps(answer).encode()
        try:
            handler.send_response(status)
            for name, value in {"Content-Type": "application/json", "Content-Length": str(len(raw)), **headers}.items():
                handler.send_header(name.replace("_", "-"), value)
            handler.end_headers()
            handler.wfile.write(raw)
        except (BrokenPipeError, ConnectionResetError):
            return
