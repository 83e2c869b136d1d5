"""Exim and Dovecot of one's own, on loopback: what is sent to any address lies in one IMAP mailbox."""

from __future__ import annotations

import imaplib
import os
import shutil
import signal
import smtplib
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

DOVECOT = """
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
log_path = {folder}/dovecot.log
ssl = no
disable_plaintext_auth = no
mail_location = maildir:{folder}/mail
first_valid_uid = 1
default_internal_user = nobody
default_internal_group = nogroup
default_login_user = nobody
passdb {{
  driver = static
  args = password=secret
}}
userdb {{
  driver = static
  args = uid=Debian-exim gid=Debian-exim home={folder}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap_port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""
EXIM = """
spool_directory = {folder}/spool
log_file_path = {folder}/exim-%s.log
local_interfaces = 127.0.0.1
primary_hostname = mx.example.org
tls_advertise_hosts =
message_size_limit = 60M
keep_environment =
acl_smtp_rcpt = not_nobody
acl_smtp_data = accept_all
begin acl
accept_all:
  accept
not_nobody:
  deny local_parts = nobody
       message = no such mailbox
  accept
begin routers
mailbox:
  driver = accept
  transport = maildir
begin transports
maildir:
  driver = appendfile
  directory = {folder}/mail
  maildir_format
  user = Debian-exim
  group = Debian-exim
  create_directory
  return_path_add
"""


@dataclass(frozen=True)
class MailServers:
    """Where they listen."""

    smtp_port: int
    imap_port: int

    def send(self, raw: bytes, sender: str = "alice@example.org", to: str = "desk@example.org") -> None:
        """Hand a mail in, and wait until it lies in the mailbox."""
        before = self.count()
        with smtplib.SMTP("127.0.0.1", self.smtp_port, timeout=20) as server:
            server.sendmail(sender, [to], raw)
        self.wait_for(before + 1)

    def wait_for(self, count: int) -> None:
        """Wait until so many mails lie in the mailbox."""
        deadline = time.monotonic() + 20
        while self.count() < count:
            assert time.monotonic() < deadline, "The mail did not arrive."
            time.sleep(0.05)

    def count(self, criterion: str = "ALL") -> int:
        """How many mails lie in the mailbox."""
        with imaplib.IMAP4("127.0.0.1", self.imap_port) as server:
            server.login("desk", "secret")
            server.select("INBOX")
            found: bytes = server.search(None, criterion)[1][0]
            return len(found.split())

    def newest(self) -> bytes:
        """The newest mail in the mailbox, raw."""
        with imaplib.IMAP4("127.0.0.1", self.imap_port) as server:
            server.login("desk", "secret")
            server.select("INBOX")
            number = server.search(None, "ALL")[1][0].split()[-1]
            part = server.fetch(number, "(BODY.PEEK[])")[1][0]
            assert isinstance(part, tuple)
            return part[1]


@contextmanager
def mail_servers() -> Iterator[MailServers]:
    """Start both, and stop them afterwards. Skips where they are not installed or this is not root."""
    if not (shutil.which("dovecot") and shutil.which("exim4")):
        pytest.skip("Exim and Dovecot are not installed: apt-get install exim4-daemon-light dovecot-imapd")
    if os.geteuid() != 0:
        pytest.skip("Exim and Dovecot are started as root.")
    folder = Path(tempfile.mkdtemp(prefix="beheer-mail-"))
    servers = MailServers(_free_port(), _free_port())
    exim: subprocess.Popen[bytes] | None = None
    try:
        for name in ("run", "mail", "spool"):
            (folder / name).mkdir()
            (folder / name).chmod(0o777)
        folder.chmod(0o777)
        values = {"folder": folder, "imap_port": servers.imap_port}
        (folder / "dovecot.conf").write_text(DOVECOT.format(**values))
        (folder / "exim.conf").write_text(EXIM.format(**values))
        subprocess.run(["dovecot", "-c", folder / "dovecot.conf"], check=True)
        exim = subprocess.Popen(
            [
                "exim4",
                "-C",
                folder / "exim.conf",
                "-bdf",
                "-oX",
                str(servers.smtp_port),
                "-oP",
                folder / "exim.pid",
            ],
            start_new_session=True,
        )
        for port in (servers.smtp_port, servers.imap_port):
            _wait_for_port(port)
        yield servers
    finally:
        if exim is not None:
            os.killpg(exim.pid, signal.SIGTERM)
            exim.wait(10)
        subprocess.run(["doveadm", "-c", folder / "dovecot.conf", "stop"], check=False)
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait_for_port(port: int) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            assert time.monotonic() < deadline, f"Nothing listens on port {port}."
            time.sleep(0.05)
