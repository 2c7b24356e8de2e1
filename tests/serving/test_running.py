"""The socket of a server."""

from __future__ import annotations

import asyncio
import socket

from tf_slim.serving import running


def test_answers_are_sent_at_once():
    """Nagle's algorithm keeps the second part of an answer back for 40 ms."""

    async def has_no_delay() -> bool:
        accepted = asyncio.get_running_loop().create_future()

        class Protocol(asyncio.Protocol):
            def connection_made(self, transport):
                at = transport.get_extra_info("socket")
                accepted.set_result(at.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
                transport.close()

        bound = running.bound("127.0.0.1", 0)
        server = await asyncio.get_running_loop().create_server(Protocol, sock=bound)
        with socket.create_connection(bound.getsockname()):
            found = await asyncio.wait_for(accepted, 30)
        server.close()
        return bool(found)

    assert asyncio.run(has_no_delay())
