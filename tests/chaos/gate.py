"""The way to a peer: a TCP forwarder that lets through, refuses, says nothing, or loses answers."""
import random
import socket
import struct
import threading

PIECE = 1 << 16


class Gate:
    """Forwards connections to an address, as `mode` says at the time:

    `open`    everything passes
    `away`    connections are refused, those that are open are reset
    `silent`  connections are taken and nothing passes: the peer is half-open. What was sent meanwhile never arrives
    `lossy`   what is asked arrives; half of the answers are lost, with their connection
    """

    def __init__(self, to, seed):
        self.to, self.mode, self.random = to, 'open', random.Random(seed)
        self.changed, self.links = threading.Condition(), set()
        self.listener = socket.create_server(('127.0.0.1', 0), backlog=128)
        self.address = self.listener.getsockname()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self):
        return f'http://{self.address[0]}:{self.address[1]}'

    def set(self, mode):
        with self.changed:
            self.mode = mode
            cut = list(self.links) if mode == 'away' else []
            self.changed.notify_all()
        for link in cut:
            reset(link)

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:     # closed
                return
            if self.mode == 'away':
                reset(client)
                continue
            try:
                server = socket.create_connection(self.to, timeout=10)
                server.settimeout(None)
            except OSError:
                reset(client)
                continue
            with self.changed:
                self.links |= {client, server}
            for source, sink, answers in ((client, server, False), (server, client, True)):
                threading.Thread(target=self._pump, args=(source, sink, answers), daemon=True).start()

    def _pump(self, source, sink, answers):
        try:
            while piece := source.recv(PIECE):
                with self.changed:
                    lost = self.mode == 'silent' or answers and self.mode == 'lossy' and self.random.random() < 0.5
                    self.changed.wait_for(lambda: self.mode != 'silent')
                if lost:
                    break
                sink.sendall(piece)
        except OSError:
            pass
        with self.changed:
            self.links -= {source, sink}
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.close()

    def close(self):
        self.set('away')
        self.listener.close()


def reset(link):
    """Ends a connection as a peer that is gone does."""
    try:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        link.shutdown(socket.SHUT_RDWR)
        link.close()
    except OSError:
        pass
