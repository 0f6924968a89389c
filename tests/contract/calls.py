"""Which calls of the official SDK were answered: counted at the SDK's own objects, not by hand."""

from collections.abc import Callable
from typing import Any

from pybit.exceptions import InvalidRequestError

Message = dict[str, Any]


class Calls:
    """Every distinct call that got its answer: REST and trade-socket methods by name, streams by topic without symbol once they have spoken."""

    def __init__(self) -> None:
        self.answered: set[tuple[str, str]] = set()

    @property
    def distinct(self) -> set[str]:
        """The same whatever the category: a method or topic counts once."""
        kinds = {"rest": "rest", "trade": "trade"}
        return {f"{kinds.get(door, 'stream')} {name}" for door, name in self.answered}

    def rest(self, method: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """A REST method that counts once the exchange has answered, be it with a refusal."""

        def counted(*arguments: Any, **fields: Any) -> Any:
            try:
                answer = function(*arguments, **fields)
            except InvalidRequestError:
                self.answered.add(("rest", method))
                raise
            self.answered.add(("rest", method))
            return answer

        return counted

    def trade(self, method: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """A method of the trade socket that counts once its acknowledgement came."""

        def counted(callback: Callable[[Message], None], *more: Any, **fields: Any) -> Any:
            def answered(message: Message) -> None:
                self.answered.add(("trade", method))
                callback(message)

            return function(answered, *more, **fields)

        return counted

    def stream(self, channel: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """A stream that counts, by the topic of its messages, once it has told something."""

        def counted(*arguments: Any, **fields: Any) -> Any:
            *before, callback = arguments

            def told(message: Message) -> None:
                topic = message["topic"]
                private = channel in {"private", "misc/status"}
                self.answered.add((channel, topic if private else topic.rsplit(".", 1)[0]))
                callback(message)

            return function(*before, told, **fields)

        return counted


CALLS = Calls()


class Counted:
    """One of the SDK's objects, unmodified, behind a counter of its calls."""

    def __init__(self, target: Any, door: str, calls: Calls = CALLS) -> None:
        vars(self).update(_target=target, _door=door, _calls=calls)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._target, name)
        if name.startswith("_") or not callable(found) or name == "exit":
            return found
        if self._door == "rest":
            return self._calls.rest(name, found)
        return self._calls.trade(name, found) if self._door == "trade" else self._calls.stream(self._door, found)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(self._target, name, value)
