"""The section of the second process."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from mmbot.config.fields import RestUrl
from mmbot.config.secrets import Secret, read_secret_file
from mmbot.config.sections import BootSection


class WatchdogConfig(BootSection):
    """The process that takes over when the bot dies or stalls: its own key, and the address it uses (`venue.rest` if absent).

    The bot gives a sign of life every `heartbeat_s`; after `deadline_s` without one it is killed and its orders are taken down. A takeover
    that cannot be verified within `give_up_s` ends with an error.
    """

    api_key_file: Path
    api_secret_file: Path
    rest: RestUrl | None = None
    heartbeat_s: Annotated[float, Field(ge=0.05, le=10)] = 0.5
    deadline_s: Annotated[float, Field(ge=0.5, le=60)] = 6.0
    give_up_s: Annotated[float, Field(ge=10, le=86_400)] = 600.0

    def read(self) -> tuple[Secret, Secret]:
        """API key and API secret."""
        return (
            read_secret_file(self.api_key_file, "watchdog.api_key_file"),
            read_secret_file(self.api_secret_file, "watchdog.api_secret_file"),
        )

    @model_validator(mode="after")
    def _deadline_holds_heartbeats(self) -> Self:
        if self.deadline_s < 3 * self.heartbeat_s:
            times = {"heartbeat": self.heartbeat_s, "deadline": self.deadline_s}
            message = "deadline_s {deadline} must be at least three times heartbeat_s {heartbeat}; raise the first"
            raise PydanticCustomError("value", message, times)
        return self
