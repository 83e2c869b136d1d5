"""Delivers the spool's batches to the server, oldest first, again and again until it has stored them."""

from __future__ import annotations

import json
import logging
import random
import threading
from collections.abc import Callable

from beheer.monitoring.agent_link import Link, LinkFailed, Refused
from beheer.monitoring.spool import Spool, Waiting

log = logging.getLogger("beheer.agent.delivery")

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0


class Delivery:
    """A thread that empties the spool. `name`: of the agent, as the server calls it; `own`: the agent's figures."""

    def __init__(
        self, spool: Spool, link: Link, name: Callable[[], str], own: Callable[[], dict[str, float]]
    ) -> None:
        self._spool, self._link = spool, link
        self._name, self._own = name, own
        self._new = threading.Event()
        self._stopping = threading.Event()
        self._pause_s = 0.0
        self._thread = threading.Thread(target=self._run, name="delivery", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def wake(self) -> None:
        """There is a new batch."""
        self._new.set()

    def stop(self, within_s: float) -> None:
        """Try once more what waits, for so long; what remains stays in the spool."""
        self._stopping.set()
        self._new.set()
        self._thread.join(within_s)

    def _run(self) -> None:
        while True:
            self._new.wait()
            self._new.clear()
            while (batch := self._spool.oldest()) is not None:
                if self._deliver(batch):
                    continue
                if self._stopping.wait(self._pause_s):
                    break
            if self._stopping.is_set():
                return

    def _deliver(self, batch: Waiting) -> bool:
        """Deliver one batch; False where it must be tried again after the pause."""
        try:
            self._link.deliver(batch.batch_id, self._body(batch))
        except FileNotFoundError:
            self._spool.stored(batch.batch_id)
            return True
        except Refused as error:
            log.error("The server refuses batch %s: %s. It is set aside in the spool.", batch.batch_id, error)
            self._spool.set_aside(batch.batch_id)
            return True
        except (LinkFailed, OSError) as error:
            self._slow_down(str(error))
            return False
        except Exception as error:
            log.exception("Batch %s cannot be delivered now.", batch.batch_id)
            self._slow_down(repr(error))
            return False
        if self._pause_s:
            log.info("The server takes results again.")
        self._pause_s = 0.0
        self._spool.stored(batch.batch_id)
        return True

    def _slow_down(self, why: str) -> None:
        """Wait twice as long as before, and a little more or less, so that agents do not come back all at once."""
        if not self._pause_s:
            log.warning("Results cannot be delivered: %s. They stay in the spool.", why)
        pause_s = min(max(self._pause_s * 2, FIRST_PAUSE_S), LONGEST_PAUSE_S)
        self._pause_s = pause_s * random.uniform(0.8, 1.2)  # noqa: S311  # spreads load, guards nothing

    def _body(self, batch: Waiting) -> bytes:
        head = json.dumps({"batch_id": str(batch.batch_id), "agent": self._name(), "own": self._own()})
        return head[:-1].encode() + b',"results":[' + b",".join(batch.read()) + b"]}"
