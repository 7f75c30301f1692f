"""NetBox's deliveries on their way to the servers: most arrive, some twice, late, in another order, or never."""
import http.client
import json
import random
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PATIENCE = 5      # seconds for an answer of a server


class Relay:
    """One address in front of all servers. NetBox gets its answer at once, so what becomes of a delivery does not hold the next."""

    def __init__(self, instances, seed):
        self.instances, self.random, self.lock = instances, random.Random(seed), threading.Lock()
        self.deliveries = []        # what became of each
        self.under_way, self.honest = 0, False
        relay = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers['Content-Length']))
                self.send_response(202)
                self.end_headers()
                relay.take(dict(self.headers.items()), body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return 'http://127.0.0.1:%d/webhook' % self.server.server_address[1]

    def take(self, headers, body):
        said = json.loads(body)
        delivery = {'request': said['request']['id'], 'type': said['object_type'], 'id': said['data']['id'], 'event': said['event'],
                    'time': said['timestamp'], 'answers': []}
        with self.lock:
            self.deliveries.append(delivery)
            fate = 'on time' if self.honest else self.random.choices(
                ('on time', 'twice', 'late', 'never'), (70, 12, 10, 8))[0]
            delays = {'on time': [0.0], 'twice': [0.0, self.random.uniform(0, 2)], 'late': [self.random.uniform(0.5, 6)],
                      'never': []}[fate]
            # Not the same server each time, and not always another one if the first does not answer.
            orders = [self.random.sample(self.instances, self.random.choice((1, len(self.instances)))) for _ in delays]
            self.under_way += len(delays)
        delivery['fate'] = fate
        for delay, order in zip(delays, orders):
            threading.Thread(target=self._send, args=(delivery, headers, body, delay, order), daemon=True).start()

    def _send(self, delivery, headers, body, delay, order):
        time.sleep(delay)
        try:
            for instance in order:
                status = post(instance.address, headers, body)
                delivery['answers'].append((time.time(), instance.name, status))
                if status == 202:
                    break
        finally:
            with self.lock:
                self.under_way -= 1

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def post(address, headers, body):
    """The status, or what was in the way."""
    connection = http.client.HTTPConnection(*address, timeout=PATIENCE)
    try:
        connection.request('POST', '/webhook', body, {name: value for name, value in headers.items()
                                                      if name.lower() not in ('host', 'content-length')})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return type(error).__name__
    finally:
        connection.close()
