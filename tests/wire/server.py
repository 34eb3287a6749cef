"""A local web server that answers as a vendor's API would, and remembers what it was asked."""
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@contextmanager
def api(answers: dict):
    """Serve `{"GET /path": (status, body)}`; yields the base address and the list of (line, headers) asked."""
    asked = []

    class Api(BaseHTTPRequestHandler):
        def answer(self):
            line = f"{self.command} {self.path.partition('?')[0]}"
            asked.append((line, dict(self.headers)))
            status, body = answers.get(line, (404, {"error": {"type": "not_found", "message": line}}))
            raw = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        do_GET = do_POST = answer

        def log_message(self, *args):
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
