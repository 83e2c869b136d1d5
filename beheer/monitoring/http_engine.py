"""Fetches many URLs at once in one thread: libcurl's multi interface, driven by epoll and socket actions.

Every run makes a connection of its own, so that name, connection and TLS are measured each time. The allow-list is
asked at the moment a socket is opened, for the address that it will connect to: redirects and changing names included.
"""

from __future__ import annotations

import contextlib
import logging
import os
import select
import threading
import time
from collections import deque
from collections.abc import Callable

import pycurl

from beheer.lib.allow_lists import AllowList
from beheer.monitoring.contract import UrlAnswer, UrlRequest
from beheer.monitoring.http_transfer import Transfer

log = logging.getLogger("beheer.agent.http")

Done = Callable[[UrlAnswer], None]
READABLE = select.EPOLLIN | select.EPOLLHUP | select.EPOLLERR | select.EPOLLPRI
AFTER_FAILURE_S = 0.1
MASKS = {
    pycurl.POLL_IN: select.EPOLLIN,
    pycurl.POLL_OUT: select.EPOLLOUT,
    pycurl.POLL_INOUT: select.EPOLLIN | select.EPOLLOUT,
}


class HttpEngine:
    """Give it requests from any thread; each is answered once, by a call of its `done` in the engine's thread.

    `at_once`: how many transfers run together; the others wait in order, and their wait counts as lag. `after_turn` is
    called in the engine's thread when the answers of one turn have been given.
    """

    def __init__(
        self, allow_list: AllowList, at_once: int = 400, after_turn: Callable[[], None] | None = None
    ) -> None:
        self._allow_list = allow_list
        self._at_once = at_once
        self._after_turn = after_turn
        self._waiting: deque[tuple[UrlRequest, float, Done]] = deque()
        self._running: dict[pycurl.Curl, tuple[Transfer, Done]] = {}
        self._idle: list[Transfer] = []
        self._closing = False
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._is_awake = False
        self._epoll = select.epoll()
        self._epoll.register(self._wake, select.EPOLLIN)
        self._watched: set[int] = set()
        self._inlets: dict[int, Callable[[], None]] = {}
        self._timer_at: float | None = None
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._on_socket)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._on_timer)
        self._thread = threading.Thread(target=self._run, name="http", daemon=True)

    def start(self) -> None:
        """Start the engine's thread."""
        self._thread.start()

    def submit(self, request: UrlRequest, timeout_s: float, done: Done) -> None:
        """Fetch `request` as soon as there is room; `timeout_s` counts from then, for the whole of it."""
        self._waiting.append((request, timeout_s, done))
        if not self._is_awake and threading.get_ident() != self._thread.ident:
            self._is_awake = True
            os.eventfd_write(self._wake, 1)

    def watch(self, fd: int, ready: Callable[[], None]) -> None:
        """Call `ready` in the engine's thread whenever there is something to read from `fd`. Before the start only."""
        self._inlets[fd] = ready
        self._epoll.register(fd, select.EPOLLIN)

    @property
    def load(self) -> tuple[int, int]:
        """How many transfers run, and how many wait."""
        return len(self._running), len(self._waiting)

    def close(self) -> None:
        """Stop the thread. What runs or waits is dropped without an answer: its time has not come to an end."""
        self._closing = True
        os.eventfd_write(self._wake, 1)
        if self._thread.is_alive():
            self._thread.join()
        self._multi.close()
        self._epoll.close()
        os.close(self._wake)

    def _run(self) -> None:
        try:
            while not self._closing:
                try:
                    self._turn()
                except Exception:
                    log.exception("A turn of the HTTP engine failed; it goes on.")
                    time.sleep(AFTER_FAILURE_S)
                    self._timer_at = time.monotonic()  # what it did not come to must not wait
        finally:
            for handle in list(self._running):
                self._multi.remove_handle(handle)

    def _turn(self) -> None:
        """Wait for something to happen, let libcurl handle it, answer what is finished, start what waits."""
        for fd, events in self._epoll.poll(self._patience(), 512):
            if fd == self._wake:
                os.eventfd_read(self._wake)
                self._is_awake = False  # after reading: a request that comes in between is begun in this turn
            elif fd in self._inlets:
                self._inlets[fd]()
            elif fd in self._watched:
                self._act(fd, events)
            else:
                self._forget(fd)
        if self._timer_at is not None and time.monotonic() >= self._timer_at:
            self._timer_at = None
            self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
        self._finish()
        if self._after_turn is not None:
            self._after_turn()
        while self._waiting and len(self._running) < self._at_once:
            self._begin(*self._waiting.popleft())

    def _patience(self) -> float:
        return -1 if self._timer_at is None else max(self._timer_at - time.monotonic(), 0.0)

    def _act(self, fd: int, events: int) -> None:
        mask = (pycurl.CSELECT_IN if events & READABLE else 0) | (
            pycurl.CSELECT_OUT if events & select.EPOLLOUT else 0
        )
        self._multi.socket_action(fd, mask)

    def _begin(self, request: UrlRequest, timeout_s: float, done: Done) -> None:
        transfer = self._idle.pop() if self._idle else Transfer(self._allow_list)
        try:
            transfer.prepare(request, timeout_s)
            self._multi.add_handle(transfer.handle)
        except (pycurl.error, ValueError, TypeError) as error:
            self._answer(done, UrlAnswer(error=f"this request cannot be made: {error}"))
            return
        self._running[transfer.handle] = (transfer, done)

    def _finish(self) -> None:
        """Answer what is finished."""
        more = 1
        while more and self._running:
            more, good, bad = self._multi.info_read(100)
            for handle in good:
                self._end(handle, 0, "")
            for handle, code, text in bad:
                self._end(handle, code, text)

    def _end(self, handle: pycurl.Curl, code: int, text: str) -> None:
        transfer, done = self._running.pop(handle)
        self._multi.remove_handle(handle)
        answer = transfer.answer(code, text)
        self._idle.append(transfer)
        self._answer(done, answer)

    def _answer(self, done: Done, answer: UrlAnswer) -> None:
        try:
            done(answer)
        except Exception:
            log.exception("An answer could not be handled; the other checks go on.")

    def _on_socket(self, what: int, fd: int, multi: object, data: object) -> None:
        """libcurl says what it waits for on a socket. One that it lets go of, it closes, which ends our watching it."""
        if what == pycurl.POLL_REMOVE:
            self._watched.discard(fd)
            return
        mask = MASKS.get(what, 0)
        if fd in self._watched:
            self._epoll.modify(fd, mask)
            return
        self._watched.add(fd)
        try:
            self._epoll.register(fd, mask)
        except FileExistsError:
            self._epoll.modify(fd, mask)

    def _forget(self, fd: int) -> None:
        """Stop watching a socket that libcurl let go of and did not close."""
        with contextlib.suppress(OSError):
            self._epoll.unregister(fd)

    def _on_timer(self, timeout_ms: int) -> None:
        self._timer_at = None if timeout_ms < 0 else time.monotonic() + timeout_ms / 1000


def fetch(request: UrlRequest, timeout_s: float, allow_list: AllowList) -> UrlAnswer:
    """Fetch one URL and wait for it."""
    engine = HttpEngine(allow_list, at_once=1)
    engine.start()
    came = threading.Event()
    answers: list[UrlAnswer] = []

    def done(answer: UrlAnswer) -> None:
        answers.append(answer)
        came.set()

    try:
        engine.submit(request, timeout_s, done)
        came.wait(timeout_s + 10)
    finally:
        engine.close()
    return answers[0] if answers else UrlAnswer(error=f"no answer within {timeout_s:g} s")
