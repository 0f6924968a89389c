"""The doors on one loopback port: signed REST, the sockets, and the operator's own routes under `/sim/`."""

import asyncio
import contextlib
from collections.abc import Sequence
from http import HTTPStatus

from aiohttp import WSMsgType, web

from mmbot._native import Exchange
from mmbot.exchange.host import Host
from mmbot.exchange.outbound import Outbound
from mmbot.exchange.signature import KeyPair, Refusal, check_request, check_socket

MAX_BODY_BYTES = 1 << 20
SOCKET_PATHS = ("/v5/public/linear", "/v5/public/spot", "/v5/private", "/v5/trade", "/v5/public/misc/status")
Answer = tuple[int, list[tuple[str, str]], bytes]
NS_PER_MS = 1_000_000


def _response(answer: Answer) -> web.Response:
    status, headers, payload = answer
    kind = "application/json" if payload.startswith(b"{") else "text/plain"
    return web.Response(status=status, headers=dict(headers), body=payload, content_type=kind)


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
        app.router.add_post("/sim/system-status", self._announce)
        app.router.add_post("/sim/control", self._control)
        app.router.add_route("*", "/{rest:.*}", self._rest)
        return app

    async def _rest(self, request: web.Request) -> web.Response:
        banned = self._host.exchange.admit(self._host.clock.now_ns(), request.remote or "")
        if banned is not None:
            return _response(banned)
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
            return _response(Exchange.refusal(now_ns, refusal.code, refusal.msg))
        answer = exchange.http(now_ns, account, method, path, query, body)
        self._host.pump()
        return _response(answer)

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        conn, refused = self._host.exchange.connect(self._host.clock.now_ns(), request.remote or "", request.raw_path)
        self._host.pump()
        if conn is None:
            return _response(refused or (HTTPStatus.FORBIDDEN, [], b""))
        # Pings are answered here, not inside the socket: the exchange counts them as signs of life.
        socket = web.WebSocketResponse(compress=False, autoping=False, max_msg_size=MAX_BODY_BYTES)
        try:
            await socket.prepare(request)
            await self._serve(conn, socket, request.transport)
        finally:
            self._host.detach(conn)
        return socket

    async def _serve(self, conn: int, socket: web.WebSocketResponse, transport: asyncio.Transport | None) -> None:
        outbound = Outbound(socket, self._host.clock, (lambda: None) if transport is None else transport.abort)
        self._host.attach(conn, outbound)
        sender = asyncio.create_task(outbound.run())
        try:
            async for message in socket:
                if message.type in {WSMsgType.TEXT, WSMsgType.BINARY}:
                    data = message.data
                    self._frame(conn, data.encode() if isinstance(data, str) else data)
                else:
                    self._host.exchange.alive(self._host.clock.now_ns(), conn)
                    if message.type is WSMsgType.PING:
                        await socket.pong(message.data)
        finally:
            sender.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await sender

    def _frame(self, conn: int, data: bytes) -> None:
        if not self._host.serves(conn):
            return
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

    async def _announce(self, request: web.Request) -> web.Response:
        try:
            self._host.exchange.announce(self._host.clock.now_ns(), await request.read())
        except ValueError as error:
            raise web.HTTPBadRequest(text=str(error)) from None
        self._host.pump()
        return web.json_response({"announced": True})

    async def _control(self, request: web.Request) -> web.Response:
        try:
            done = self._host.exchange.control(self._host.clock.now_ns(), await request.read())
        except ValueError as error:
            raise web.HTTPBadRequest(text=str(error)) from None
        self._host.pump()
        return web.Response(body=done, content_type="application/json")

    async def _drop_delta(self, request: web.Request) -> web.Response:
        try:
            self._host.exchange.drop_next_delta(request.query.get("topic", ""))
        except ValueError as error:
            raise web.HTTPBadRequest(text=str(error)) from None
        return web.json_response({"dropping": request.query["topic"]})
