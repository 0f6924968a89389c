"""What a stream of the SDK says, as its thread hears it."""

import threading
from collections.abc import Callable
from typing import Any

Message = dict[str, Any]


class Heard:
    """Messages of one stream, as its thread hears them."""

    def __init__(self) -> None:
        self._messages: list[Message] = []
        self._news = threading.Condition()

    def __call__(self, message: Message) -> None:
        with self._news:
            self._messages.append(message)
            self._news.notify_all()

    def first(self, wanted: Callable[[Message], bool] = lambda _: True, timeout_s: float = 10.0) -> Message:
        """The first message that fits, waiting for it."""
        with self._news:
            found = self._news.wait_for(lambda: [m for m in self._messages if wanted(m)], timeout_s)
            assert found, f"nothing of the kind among {len(self._messages)} messages: {str(self._messages[-3:])[:2000]}"
            return found[0]

    def item(self, **fields: object) -> Message:
        """The first data item with these fields."""

        def fits(message: Message) -> bool:
            return any(all(item.get(k) == v for k, v in fields.items()) for item in message["data"])

        items = self.first(fits)["data"]
        return next(item for item in items if all(item.get(k) == v for k, v in fields.items()))
