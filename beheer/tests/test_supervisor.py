"""Starting the processes."""

from __future__ import annotations

import socket

import pytest

from beheer.lib.errors import InputError
from beheer.supervisor import require_free


def test_a_port_that_another_program_listens_on_is_told_with_what_to_do() -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(InputError, match="BEHEER_PORT"):
            require_free("127.0.0.1", taken.getsockname()[1])


def test_a_port_is_free_again_when_its_program_has_ended() -> None:
    with socket.socket() as ended:
        ended.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        ended.bind(("127.0.0.1", 0))
        ended.listen()
        port = ended.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            ended.accept()[0].close()
    require_free("127.0.0.1", port)


def test_a_host_that_does_not_exist_is_told() -> None:
    with pytest.raises(InputError, match=r"nowhere\.invalid"):
        require_free("nowhere.invalid", 8000)
