"""The local exchange: a Bybit V5 compatible REST and WebSocket server on loopback over the native matching engine or a recording."""
