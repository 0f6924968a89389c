"""What a running bot may take over from a changed configuration, as one change for the core; anything else is refused by name."""

from typing import Any

from mmbot.config.errors import ConfigError, ErrorCode
from mmbot.config.model import BotConfig

LIVE_MARKET_KEYS = ("order_qty", "max_position", "max_order_notional")
RESTART_STRATEGY_KEYS = ("model", "path", "options", "volatility_half_life_s")
_FIX = "changes with a restart only; nothing was taken over: put the old value back, or restart the bot"


def live_change(before: BotConfig, after: BotConfig) -> dict[str, Any]:
    """The change that turns `before` into `after`, in the form of `Shell.params`; empty if they are equal.

    ConfigError (E_CFG_RESTART) names the first key that a running bot cannot change.
    """
    old, new = before.model_dump(mode="json"), after.model_dump(mode="json")
    change: dict[str, Any] = {}
    for section in old:
        if section == "strategy":
            part = _difference(old[section], new[section], section)
        elif section == "markets":
            part = _markets(old[section], new[section])
        else:
            _same(old[section], new[section], section)
            continue
        if part:
            change[section] = part
    return change


def changed_keys(change: dict[str, Any], path: str = "") -> list[str]:
    """The dotted names of what a change holds."""
    names: list[str] = []
    for key, value in change.items():
        here = f"{path}.{key}" if path else key
        names += changed_keys(value, here) if isinstance(value, dict) else [here]
    return names


def _markets(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> dict[str, Any]:
    if len(old) != len(new):
        raise ConfigError(ErrorCode.RESTART, "markets", _FIX)
    change: dict[str, Any] = {}
    for index, (was, row) in enumerate(zip(old, new, strict=True)):
        fixed = was.keys() - set(LIVE_MARKET_KEYS)
        for key in sorted(fixed):
            _same(was[key], row[key], f"markets.{index}.{key}")
        part = {key: row[key] for key in LIVE_MARKET_KEYS if row[key] != was[key]}
        if part:
            change[f"{row['category']}.{row['symbol']}"] = part
    return change


def _difference(old: dict[str, Any], new: dict[str, Any], path: str) -> dict[str, Any]:
    """New values where they differ. A model's own section cannot come or go without another model, which is refused first."""
    change: dict[str, Any] = {}
    for key in RESTART_STRATEGY_KEYS if path == "strategy" else ():
        _same(old[key], new[key], f"{path}.{key}")
    for key, value in new.items():
        if isinstance(value, dict) and isinstance(old[key], dict) and key != "options":
            part = _difference(old[key], value, f"{path}.{key}")
            if part:
                change[key] = part
        elif value != old[key]:
            change[key] = value
    return change


def _same(old: Any, new: Any, path: str) -> None:
    """Refuses a difference by the deepest key that has one."""
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for key in old:
            _same(old[key], new.get(key), f"{path}.{key}")
    raise ConfigError(ErrorCode.RESTART, path, _FIX)
