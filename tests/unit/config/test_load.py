"""A wrong configuration is refused with a code, the field, and what to do; a right one arrives unchanged."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mmbot.config import BotConfig, ConfigError, load_config, parse_config

Changed = Callable[[Callable[[dict[str, Any]], object]], bytes]

WRONG: list[tuple[str, Callable[[dict[str, Any]], object], str, str]] = [
    ("unknown section", lambda d: d.update(telemetry={}), "E_CFG_UNKNOWN_KEY", "telemetry"),
    ("unknown key", lambda d: d["strategy"].update(skew=1), "E_CFG_UNKNOWN_KEY", "strategy.skew"),
    ("unknown key in a list", lambda d: d["markets"][0].update(lot=1), "E_CFG_UNKNOWN_KEY", "markets.0.lot"),
    ("missing section", lambda d: d.pop("venue"), "E_CFG_MISSING", "venue"),
    ("missing key", lambda d: d["markets"][0].pop("symbol"), "E_CFG_MISSING", "markets.0.symbol"),
    ("no market", lambda d: d.update(markets=[]), "E_CFG_RANGE", "markets"),
    ("market twice", lambda d: d["markets"].append(dict(d["markets"][0])), "E_CFG_VALUE", ""),
    ("float size", lambda d: d["markets"][0].update(order_qty=0.001), "E_CFG_TYPE", "markets.0.order_qty"),
    ("negative size", lambda d: d["markets"][0].update(order_qty="-1"), "E_CFG_VALUE", "markets.0.order_qty"),
    ("zero size", lambda d: d["markets"][0].update(order_qty="0.000"), "E_CFG_VALUE", "markets.0.order_qty"),
    ("exponent", lambda d: d["markets"][0].update(max_position="1e3"), "E_CFG_VALUE", "markets.0.max_position"),
    ("unknown category", lambda d: d["markets"][0].update(category="option"), "E_CFG_VALUE", "markets.0.category"),
    ("odd depth", lambda d: d["markets"][0].update(depth=7), "E_CFG_VALUE", "markets.0.depth"),
    ("lower-case symbol", lambda d: d["markets"][0].update(symbol="btcusdt"), "E_CFG_VALUE", "markets.0.symbol"),
    ("text for number", lambda d: d["strategy"].update(skew_bps="4"), "E_CFG_TYPE", "strategy.skew_bps"),
    ("flag for number", lambda d: d["run"].update(seed=True), "E_CFG_TYPE", "run.seed"),
    (
        "fraction for count",
        lambda d: d["strategy"].update(levels_per_side=1.5),
        "E_CFG_TYPE",
        "strategy.levels_per_side",
    ),
    ("k of zero", lambda d: d["strategy"].update(k_vola_spread=0), "E_CFG_RANGE", "strategy.k_vola_spread"),
    ("k above two", lambda d: d["strategy"].update(k_vola_spread=2.01), "E_CFG_RANGE", "strategy.k_vola_spread"),
    ("nan", lambda d: d["strategy"].update(skew_bps=float("nan")), "E_CFG_RANGE", "strategy.skew_bps"),
    ("infinity", lambda d: d["strategy"].update(adverse_bps=float("inf")), "E_CFG_RANGE", "strategy.adverse_bps"),
    (
        "time in book",
        lambda d: d["strategy"].update(min_time_in_book_ms=3001),
        "E_CFG_RANGE",
        "strategy.min_time_in_book_ms",
    ),
    ("spreads crossed", lambda d: d["strategy"].update(min_spread_bps=21), "E_CFG_VALUE", "strategy"),
    ("run id", lambda d: d["run"].update(run_id="R-1"), "E_CFG_VALUE", "run.run_id"),
    ("plain http away", lambda d: d["venue"].update(rest="http://venue.example"), "E_CFG_URL", "venue.rest"),
    ("plain ws away", lambda d: d["venue"].update(ws_trade="ws://10.0.0.1/v5/trade"), "E_CFG_URL", "venue.ws_trade"),
    (
        "wrong path",
        lambda d: d["venue"].update(ws_private="wss://venue.example/v5/trade"),
        "E_CFG_URL",
        "venue.ws_private",
    ),
    (
        "wrong scheme",
        lambda d: d["venue"].update(ws_private="https://venue.example/v5/private"),
        "E_CFG_URL",
        "venue.ws_private",
    ),
    ("login in address", lambda d: d["venue"].update(rest="https://a:b@venue.example"), "E_CFG_URL", "venue.rest"),
    ("bad port", lambda d: d["venue"].update(rest="https://venue.example:99999"), "E_CFG_URL", "venue.rest"),
    ("unknown model", lambda d: d["strategy"].update(model="avellaneda"), "E_CFG_VALUE", "strategy.model"),
    ("section of another model", lambda d: d["strategy"].update(glft={}), "E_CFG_VALUE", "strategy"),
    ("ladder's key", lambda d: d["strategy"].update(model="glft"), "E_CFG_VALUE", "strategy"),
    (
        "unknown key of signals",
        lambda d: d["strategy"]["signals"].update(ofi=1),
        "E_CFG_UNKNOWN_KEY",
        "strategy.signals.ofi",
    ),
    ("no section", lambda d: d.update(strategy=None), "E_CFG_TYPE", "strategy"),
]


@pytest.mark.parametrize(("change", "code", "field"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_wrong_configurations_are_refused_by_name(
    changed: Changed, change: Callable[[dict[str, Any]], object], code: str, field: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(changed(change))
    assert (caught.value.code, caught.value.field) == (code, field)
    assert str(caught.value).startswith(f"{code}: {field}" if field else f"{code}: ")
    assert len(caught.value.problem) > 10


def test_a_range_error_names_value_and_limit(changed: Changed) -> None:
    with pytest.raises(
        ConfigError, match=r"E_CFG_RANGE: strategy\.k_vola_spread: 2\.5 is refused: .* less than or equal to 2"
    ):
        parse_config(changed(lambda d: d["strategy"].update(k_vola_spread=2.5)))


SECRET = "xyzzyPLUGH42" * 50


@pytest.mark.parametrize("field", ["api_key", "api_secret_file"])
@pytest.mark.parametrize("value", [SECRET, [SECRET], {SECRET: SECRET}, 42])
def test_a_secret_put_in_the_wrong_place_is_not_repeated(changed: Changed, field: str, value: object) -> None:
    raw = changed(lambda d: d["credentials"].update({field: value}))
    with pytest.raises(ConfigError) as caught:
        parse_config(raw).credentials.read()
    assert "xyzzy" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("run: {seed: 1}\nfiles: {}\nrun: {seed: 2}\n", "E_CFG_DUPLICATE_KEY", "line 3: already given in line 1"),
        ("strategy:\n  skew_bps: 1\n  skew_bps: 2\n", "E_CFG_DUPLICATE_KEY", "line 3: already given in line 2"),
        ("markets:\n- symbol: A\n  symbol: A\n", "E_CFG_DUPLICATE_KEY", "line 3"),
        ("a: &x 1\nb: *x\n", "E_CFG_YAML", "line 2: aliases"),
        ("a: [1\nb: 2\n", "E_CFG_YAML", "line 2"),
        ("a: !!python/object:os.system x\n", "E_CFG_YAML", "line 1"),
        ("1: x\n", "E_CFG_YAML", "line 1: key 1"),
        ("a: 1\n---\nb: 2\n", "E_CFG_YAML", "line 2"),
        ("- a\n", "E_CFG_YAML", "mapping"),
        ("", "E_CFG_YAML", "mapping"),
        ("a: " + "[" * 40000, "E_CFG_YAML", "nested"),
        ("a: " + "x" * 70000, "E_CFG_FILE", "larger"),
        ("a: !!binary aGk=\n", "E_CFG_TYPE", "neither"),
        ("a: \x01\n", "E_CFG_YAML", "not a YAML"),
    ],
)
def test_yaml_that_is_not_what_it_seems_is_refused(text: str, code: str, line: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(text.encode())
    assert caught.value.code == code
    assert line in str(caught.value)


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_bytes_give_a_configuration_or_a_coded_error(raw: bytes) -> None:
    with pytest.raises(ConfigError):
        parse_config(raw)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"E_CFG_FILE: .*absent\.yaml: No such file"):
        load_config(tmp_path / "absent.yaml")


def test_a_right_configuration_arrives_unchanged(tmp_path: Path, right: dict[str, Any]) -> None:
    path = tmp_path / "bot.yaml"
    path.write_text(yaml.safe_dump(right))
    config = load_config(path)
    assert config.model_dump(mode="json") == right
    with pytest.raises(ValueError, match="frozen"):
        config.run.seed = 8  # type: ignore[misc]  # the point of the test


@pytest.mark.parametrize(
    ("strategy", "field"),
    [
        ({"model": "python"}, "path is not given"),
        ({"model": "python", "path": "no colon"}, "strategy.path"),
        ({"model": "python", "path": "a:B", "python": {"decide_every_ms": 0}}, "strategy.python.decide_every_ms"),
        ({"model": "python", "path": "a:B", "k_vola_spread": 1.0}, "k_vola_spread is read by the model ladder only"),
        ({"model": "python", "path": "a:B", "skew_bps": 1.0}, "skew_bps is read by the built-in models only"),
        ({"path": "a:B"}, "path is read by the model python only"),
        ({"options": {}}, "options is read by the model python only"),
    ],
)
def test_a_python_strategy_needs_its_keys_and_no_others(changed: Changed, strategy: dict[str, Any], field: str) -> None:
    with pytest.raises(ConfigError, match=field):
        parse_config(changed(lambda d: d.update(strategy=strategy)))


def test_the_class_of_a_strategy_stays_out_of_the_core(changed: Changed) -> None:
    chosen = {"model": "python", "path": "a.b:C", "options": {"x": 1.5}}
    config = parse_config(changed(lambda d: d.update(strategy=chosen)))
    assert (config.strategy.path, config.strategy.options) == ("a.b:C", {"x": 1.5})
    core = json.loads(config.core_json())["strategy"]
    assert core.keys() & {"path", "options"} == set()
    assert core["python"]["decide_every_ms"] == 100
    other = parse_config(changed(lambda d: d.update(strategy=chosen | {"options": {"x": 2.5}})))
    assert other.sha256() != config.sha256()


def test_defaults_are_the_documented_ones(changed: Changed) -> None:
    config = parse_config(changed(lambda d: [d.pop(name) for name in ("account", "strategy", "run", "files")]))
    assert config.strategy.model_dump() == {
        "model": "ladder",
        "avellaneda_stoikov": None,
        "glft": None,
        "python": None,
        "path": None,
        "options": None,
        "signals": {
            "imbalance_levels": 5,
            "imbalance_bps": 0.0,
            "order_flow_weight": 0.0,
            "order_flow_half_life_s": 1.0,
            "toxicity_max_bps": 0.0,
            "toxicity_half_life_s": 300.0,
            "funding_ramp_s": 0.0,
        },
        "k_vola_spread": 0.95,
        "min_spread_bps": 2.0,
        "max_spread_bps": 25.0,
        "levels_per_side": 3,
        "level_spacing_coeff": 0.4,
        "skew_bps": 5.0,
        "microprice_weight": 0.5,
        "safety_bps": 0.05,
        "adverse_bps": 0.0,
        "volatility_half_life_s": 60.0,
        "min_time_in_book_ms": 500,
        "replace_threshold_bps": 3.0,
        "explain": False,
    }
    account = {"recv_window_ms": 5000, "orders_per_s": 10, "queries_per_s": 50, "shared_account": False}
    assert config.account.model_dump() == account
    assert config.files.capture_path("r7") == Path("var/capture/r7.mmcap")
    assert config.files.state == Path("var/state")


def test_a_deadline_shorter_than_three_heartbeats_is_refused(changed: Changed) -> None:
    with pytest.raises(ConfigError, match=r"E_CFG_VALUE: watchdog: .*deadline_s 0\.7 must be at least three times"):
        parse_config(changed(lambda d: d["watchdog"].update(deadline_s=0.7)))


@pytest.mark.parametrize(
    ("capture", "expected"), [("x/y.mmcap", Path("x/y.mmcap")), (False, None), (None, Path("var/capture/n.mmcap"))]
)
def test_the_capture_is_on_unless_switched_off(changed: Changed, capture: object, expected: Path | None) -> None:
    assert parse_config(changed(lambda d: d["files"].update(capture=capture))).files.capture_path("n") == expected


def test_the_core_gets_all_but_addresses_credentials_and_files(right: dict[str, Any], changed: Changed) -> None:
    core = parse_config(changed(lambda _: None)).core_json()
    wanted = {name: right[name] for name in ("account", "markets", "strategy", "guards", "run")}
    wanted["strategy"] = {key: value for key, value in wanted["strategy"].items() if key not in {"path", "options"}}
    assert json.loads(core) == wanted
    assert b" " not in core


def reversed_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: reversed_keys(value[key]) for key in reversed(value)}
    return [reversed_keys(item) for item in value] if isinstance(value, list) else value


def test_the_hash_sees_settings_but_neither_credentials_nor_order(right: dict[str, Any], changed: Changed) -> None:
    def load(document: dict[str, Any]) -> BotConfig:
        return parse_config(yaml.safe_dump(document, sort_keys=False).encode())

    digest = load(right).sha256()
    assert len(digest) == 64
    assert load(reversed_keys(right)).sha256() == digest
    assert parse_config(changed(lambda d: d["credentials"].update(api_key_file="/other"))).sha256() == digest
    assert parse_config(changed(lambda d: d["watchdog"].update(api_secret_file="/other"))).sha256() == digest
    assert parse_config(changed(lambda d: d["strategy"].update(skew_bps=4.5))).sha256() != digest
    assert parse_config(changed(lambda d: d["watchdog"].update(deadline_s=4))).sha256() != digest
    assert parse_config(changed(lambda d: d["markets"][0].update(order_qty="0.002"))).sha256() != digest


@pytest.mark.parametrize("section", ["credentials", "watchdog"])
def test_sanitised_says_nothing_about_credentials(changed: Changed, section: str) -> None:
    config = parse_config(changed(lambda d: d[section].update(api_key_file="/run/canary")))
    assert "canary" not in json.dumps(config.sanitised())


def test_a_run_id_chosen_at_start_enters_the_core(changed: Changed) -> None:
    config = parse_config(changed(lambda d: d["run"].pop("run_id")))
    assert json.loads(config.core_json())["run"] == {"seed": 7, "run_id": None}
    assert json.loads(config.with_run_id("k3").core_json())["run"] == {"seed": 7, "run_id": "k3"}
    with pytest.raises(ValueError, match="run_id"):
        config.with_run_id("not an id")


def test_a_spot_market_needs_the_spot_address(tmp_path: Path, right: dict[str, Any]) -> None:
    path = tmp_path / "bot.yaml"
    del right["venue"]["ws_public_spot"]
    right["markets"].append({**right["markets"][0], "category": "spot"})
    path.write_text(yaml.safe_dump(right))
    with pytest.raises(ConfigError, match="ws_public_spot is not given"):
        load_config(path)


def choose(document: dict[str, Any], model: str, **section: object) -> None:
    del document["strategy"]["k_vola_spread"]
    document["strategy"] |= {"model": model, model: section or None}


@pytest.mark.parametrize("model", ["avellaneda_stoikov", "glft"])
def test_a_chosen_model_has_its_section_with_defaults(changed: Changed, model: str) -> None:
    chosen = parse_config(changed(lambda d: choose(d, model, gamma=0.2))).strategy.model_dump()
    assert chosen["model"] == model
    assert chosen[model]["gamma"] == 0.2
    default = parse_config(changed(lambda d: choose(d, model))).strategy.model_dump()
    assert default[model] == chosen[model] | {"gamma": 0.05}
    with pytest.raises(ConfigError, match=rf"E_CFG_RANGE: strategy\.{model}\.gamma"):
        parse_config(changed(lambda d: choose(d, model, gamma=0)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"price_collar_bps": 0}, r"E_CFG_RANGE: guards\.price_collar_bps"),
        ({"daily_loss": "-1"}, r"E_CFG_\w+: guards\.daily_loss"),
        ({"breaker": {"probes": 0}}, r"E_CFG_RANGE: guards\.breaker\.probes"),
        ({"repeated_execution": {"fill": 3}}, r"E_CFG_UNKNOWN_KEY: guards\.repeated_execution\.fill"),
    ],
)
def test_a_guard_that_could_not_work_is_refused(changed: Changed, change: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        parse_config(changed(lambda d: d["guards"].update(change)))
