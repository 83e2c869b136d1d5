"""A small real Beheer server for the agent's tests, as a process: gives checks, stores batches durably as files.

Usage: small_server.py PORT FOLDER. `FOLDER/checks.json` holds the CheckList; batches go to `FOLDER/batches/ID.json`.
`FOLDER/token` holds the token when it is not `t0ken`. `FOLDER/answer` (a number) makes it answer that status
to batches instead of storing them.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Handler(BaseHTTPRequestHandler):
    folder: Path
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        pass

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def knows_token(self) -> bool:
        token = self.folder / "token"
        knows = self.headers["Authorization"] == f"Bearer {token.read_text() if token.exists() else 't0ken'}"
        if not knows:
            self.answer(401)
        return knows

    def do_GET(self) -> None:
        if not self.knows_token():
            return
        value = json.loads((self.folder / "checks.json").read_text())
        value["version"] = hashlib.sha256(json.dumps(value["checks"]).encode()).hexdigest()[:8]
        if self.headers["If-None-Match"] == f'"{value["version"]}"':
            self.answer(304)
            return
        self.answer(200, json.dumps(value).encode(), ETag=f'"{value["version"]}"')

    def do_POST(self) -> None:
        data = self.rfile.read(int(self.headers["Content-Length"]))
        if not self.knows_token():
            return
        if (order := self.folder / "answer").exists():
            self.answer(int(order.read_text()), b"as you wish")
            return
        batch = json.loads(gzip.decompress(data))
        place = self.folder / "batches" / f"{batch['batch_id']}.json"
        known = place.exists()
        if known:
            (self.folder / "twice").write_text(place.name)
        part = place.with_suffix(f".{os.getpid()}")
        with part.open("w") as file:
            json.dump(batch, file)
            file.flush()
            os.fsync(file.fileno())
        part.rename(place)
        said = {"batch_id": batch["batch_id"], "is_known": known, "stored": len(batch["results"])}
        self.answer(200, json.dumps(said).encode())


if __name__ == "__main__":
    Handler.folder = Path(sys.argv[2])
    ThreadingHTTPServer.request_queue_size = 64
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
