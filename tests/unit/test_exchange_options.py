"""Options of the local exchange: the page lists each with its default, and the command line takes them as they are written there."""

from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from mmbot._native import Exchange
from mmbot.app.cli import app
from mmbot.exchange.options import ExchangeOptions, named_options, settings

PAGE = Path(__file__).parents[2] / "docs" / "exchange-doors.md"


def test_the_page_lists_every_option_with_its_default() -> None:
    page = PAGE.read_text("utf-8")
    for name, default, least, most, about in Exchange.options():
        shown = ("false", "true")[default] if (least, most) == (0, 1) else default
        assert f"| `{name}` | {shown} | {about} |" in page


def test_options_are_read_as_flags_numbers_and_words() -> None:
    options = named_options(["ip_ban_extends=true", "ip_requests=50", "linear_beyond_limit=reject"])
    assert options == {"ip_ban_extends": True, "ip_requests": 50, "linear_beyond_limit": "reject"}
    sent = msgspec.json.decode(settings(ExchangeOptions(options=options)))
    assert sent["options"] == options
    Exchange(settings(ExchangeOptions(options=options)))


@pytest.mark.parametrize("text", ["ip_requests", "=5", ""])
def test_a_text_that_is_no_option_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="name=value"):
        named_options([text])


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("ip_requests=0", "ip_requests: 0 is not a whole number within 1"),
        ("ip_requests=many", "ip_requests"),
        ("no_such_option=1", "no_such_option is unknown"),
        ("shared_windows=2", "shared_windows"),
    ],
)
def test_a_wrong_option_ends_the_exchange_before_it_listens(option: str, words: str) -> None:
    result = CliRunner().invoke(app, ["exchange", "--option", option])
    assert result.exit_code == 2
    assert words in result.stderr
