"""Deliveries that are sent by hand: what a real NetBox sends is caught on its way and can be changed, as a plugin would."""
import contextlib
import hashlib
import hmac
import http.server
import json
import queue
import threading


class Catcher(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.server.caught.put(json.loads(self.rfile.read(int(self.headers['Content-Length']))))
        self.send_response(204)
        self.end_headers()

    log_message = lambda *_: None


@contextlib.contextmanager
def caught(bench):
    """NetBox delivers to us meanwhile: gives the queue of the bodies."""
    server = http.server.HTTPServer(('127.0.0.1', 0), Catcher)
    server.caught = queue.Queue()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    bench.send_to(f'http://127.0.0.1:{server.server_port}/')
    try:
        yield server.caught
    finally:
        bench.send_to(bench.receiver())
        server.shutdown()
        server.server_close()


def send(bench, body):
    """Sends one with its signature; the server's answer."""
    raw = json.dumps(body).encode()
    signed = {'X-Hook-Signature': hmac.new(bench.secret.encode(), raw, hashlib.sha512).hexdigest()}
    status, text = bench.server.request('POST', '/webhook', raw, signed)
    return status, json.loads(text)
