"""When a run is followed by another one in the same process."""

from mmbot.app.renewal import MAX_RENEWALS, RENEWAL_WINDOW_S, Renewal
from mmbot.ports import Fact

CHANGED: list[Fact] = [{"fact": "grid_changed", "market": "linear.BTCUSDT"}]


class Run:
    def __init__(self, never: str | None = None) -> None:
        self.now_s = 0.0
        self.stops = 0
        self.renewal = Renewal(never, now=lambda: self.now_s)
        self.renewal.begin(self.stop)

    def stop(self) -> None:
        self.stops += 1

    def renewed(self) -> bool:
        """What a word of another grid brings; then the next run has begun if one is due."""
        self.renewal.on_facts(CHANGED)
        self.renewal.over()
        due = self.renewal.is_due()
        self.renewal.begin(self.stop)
        return due


def test_the_first_word_of_another_grid_ends_the_run_and_another_follows() -> None:
    run = Run()
    run.renewal.on_facts([{"fact": "instrument_loaded", "market": "linear.BTCUSDT"}])
    assert (run.stops, run.renewal.is_due()) == (0, False)
    run.renewal.on_facts(CHANGED)
    run.renewal.on_facts(CHANGED)
    assert (run.stops, run.renewal.is_due()) == (1, True)
    run.renewal.over()
    run.renewal.begin(run.stop)
    assert (run.stops, run.renewal.is_due()) == (1, False)


def test_an_operators_stop_is_the_last_word_whenever_it_comes() -> None:
    before = Run()
    before.renewal.end()
    assert (before.stops, before.renewed()) == (1, False)
    during = Run()
    during.renewal.on_facts(CHANGED)
    during.renewal.end()
    assert (during.stops, during.renewal.is_due()) == (2, False)
    between = Run()
    between.renewal.on_facts(CHANGED)
    between.renewal.over()
    assert between.renewal.is_due()
    between.renewal.end()
    assert between.stops == 1, "there is no run to stop"
    between.renewal.begin(between.stop)
    assert between.stops == 2, "it stops at its beginning"


def test_a_venue_that_flaps_is_followed_so_often_and_no_oftener() -> None:
    run = Run()
    assert [run.renewed() for _ in range(MAX_RENEWALS + 1)] == [True] * MAX_RENEWALS + [False]
    assert run.stops == MAX_RENEWALS, "the last word changed nothing"
    run.now_s = RENEWAL_WINDOW_S
    assert run.renewed()


def test_a_configuration_for_one_run_stays_with_it() -> None:
    run = Run(never="run.run_id is fixed")
    assert (run.renewed(), run.stops) == (False, 0)
