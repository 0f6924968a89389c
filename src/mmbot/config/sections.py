"""What every section of a configuration has in common."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """Strict, frozen, and without room for an unknown key."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class BootSection(Section):
    """Read once at start: a change needs a restart."""


class RuntimeSection(Section):
    """Enters the core as an input of its own, so it may change while the bot runs, and a replay sees the change too."""
