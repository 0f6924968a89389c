"""The doors on one loopback port: signed REST, the sockets, and the operator's own routes under `/sim/`."""

import asyncio
import contextlib
from collections.abc import Sequence

from aiohttp import WSMsgType, web

from mmbot._native import Exchange
from mmbot.exchange.host import Host
from mmbot.exchange.outbound import Outbound
from mmbot.exchange.signature import KeyPair, Refusal, check_request, check_socket

MAX_BODY_BYTES = 1 << 20
SOCKET_PATHS = ("/v5/public/linear", "/v5/public/spot", "/v5/private", "/v5/trade")
NS_PER_MS = 1_000_000


class Server:
    """Request handlers over one host; every key pair stands for the same account."""

    def __init__(self, host: Host, pairs: Sequence[KeyPair]) -> None:
        self._host = host
        self._pairs = pairs

    def application(self) -> web.Application:
        """The routes; whatever is not a socket or an operator's route goes to the exchange's own route table."""
        app = web.Application(client_max_size=MAX_BODY_BYTES)
        for path in SOCKET_PATHS:
            app.router.add_get(path, self._socket)
        app.router.add_get("/sim/record", self._record)
        app.router.add_get("/sim/status", self._status)
        app.router.add_post("/sim/drop-delta", self._drop_delta)
        app.router.add_route("*", "/{rest:.*}", self._rest)
        return app

    async def _rest(self, request: web.Request) -> web.Response:
        body = await request.read()
        # The signature covers the query exactly as it came: the decoded form must not be signed again.
        path, _, query = request.raw_path.partition("?")
        method, exchange, now_ns = request.method, self._host.exchange, self._host.clock.now_ns()
        account: int | None = None
        refusal: Refusal | None = None
        if Exchange.is_signed(method, path):
            signed = query.encode() if method == "GET" else body
            refusal = check_request(self._pairs, request.headers, signed, now_ns // NS_PER_MS)
            account = Exchange.ACCOUNT
        if refusal is not None:
            status, headers, payload = Exchange.refusal(now_ns, refusal.code, refusal.msg)
        else:
            status, headers, payload = exchange.http(now_ns, account, method, path, query, body)
            self._host.pump()
        return web.Response(status=status, headers=dict(headers), body=payload, content_type="application/json")

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False, max_msg_size=MAX_BODY_BYTES)
        await socket.prepare(request)
        transport = request.transport
        outbound = Outbound(socket, self._host.clock, (lambda: None) if transport is None else transport.abort)
        conn = self._host.exchange.open(request.path)
        self._host.attach(conn, outbound)
        sender = asyncio.create_task(outbound.run())
        try:
            async for message in socket:
                if message.type in {WSMsgType.TEXT, WSMsgType.BINARY}:
                    data = message.data
                    self._frame(conn, data.encode() if isinstance(data, str) else data)
        finally:
            self._host.detach(conn)
            sender.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await sender
        return socket

    def _frame(self, conn: int, data: bytes) -> None:
        exchange, now_ns = self._host.exchange, self._host.clock.now_ns()
        auth = exchange.frame(now_ns, conn, data)
        if auth is not None:
            key, expires, signature, request_id = auth
            refusal = check_socket(self._pairs, key, expires, signature, now_ns // NS_PER_MS)
            if refusal is None:
                exchange.authenticated(now_ns, conn, Exchange.ACCOUNT, request_id)
            else:
                exchange.refused(now_ns, conn, refusal.code, refusal.msg, request_id)
        self._host.pump()

    async def _record(self, _request: web.Request) -> web.Response:
        return web.Response(body=self._host.record(), content_type="application/json")

    async def _status(self, _request: web.Request) -> web.Response:
        status = self._host.exchange.status(self._host.clock.now_ns())
        return web.Response(body=status, content_type="application/json")

    async def _drop_delta(self, request: web.Request) -> web.Response:
        try:
            self._host.exchange.drop_next_delta(request.query.get("topic", ""))
        except ValueError as error:
            raise web.HTTPBadRequest(text=str(error)) from None
        return web.json_response({"dropping": request.query["topic"]})
