"""A TCP line between two programs that a test cuts, freezes and slows down."""

from __future__ import annotations

import socket
import threading
import time
from types import TracebackType
from typing import Self


class BadLine:
    """Passes on to ``port`` what comes in at ``self.port``."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._moving = threading.Event()
        self._moving.set()
        self._open: list[socket.socket] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.delay = 0.0
        """Seconds that everything takes longer."""
        self.refusing = False
        """Whether new connections are closed at once."""
        self.accepted = 0
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def port(self) -> int:
        """Where to connect to."""
        return int(self._server.getsockname()[1])

    def cut(self) -> None:
        """Reset all connections."""
        for end in self._open:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
        self._open.clear()

    def freeze(self) -> None:
        """Keep all connections open, and pass nothing on."""
        self._moving.clear()

    def thaw(self) -> None:
        """Pass on again, what waits first."""
        self._moving.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self.thaw()
        self.cut()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._server.accept()
            except OSError:
                return
            self.accepted += 1
            if self.refusing:
                near.close()
                continue
            far = socket.create_connection(("127.0.0.1", self._target))
            self._open += [near, far]
            for pair in ((near, far), (far, near)):
                thread = threading.Thread(target=self._pump, args=pair, daemon=True)
                self._threads.append(thread)
                thread.start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with source:
            while True:
                try:
                    data = source.recv(65_536)
                    time.sleep(self.delay)
                    self._moving.wait()
                    sink.sendall(data)
                    if not data:
                        sink.shutdown(socket.SHUT_RDWR)
                        return
                except OSError:
                    return
