//! Decisions that a strategy outside the core makes: when one is due, what its answer is worth, and how long it stands.
//!
//! ```text
//! market changed ─► (decide_every_ms since the last) ─► DecisionDue ─► answer ─► quoted until the next answer
//! ```
//! At most one decision of a market is open. A fill or a loss of trust overtakes it; its answer is then dropped, and the next change asks
//! again. A failure pulls the quotes.

use alloc::vec::Vec;

use super::config::{AskParams, Model};
use super::{Engine, Sink};
use crate::fact::Fact;
use crate::ids::MarketIx;
use crate::output::Output;
use crate::quoting::declared::{Declared, Fault, checked};
use crate::quoting::stages::Inputs;

const MS: i64 = 1_000_000;

/// A decision that was asked for.
#[derive(Clone, Copy, Debug)]
struct Decision {
    seq: u64,
    asked_ns: i64,
    /// Why its answer will not count any more.
    overtaken: Option<&'static str>,
}

/// One market's standing with its strategy.
#[derive(Clone, Debug, Default)]
pub(super) struct Asking {
    open: Option<Decision>,
    /// In force: checked and in order.
    pub answer: Vec<Declared>,
    /// What the market looked like when it was last decided on.
    pub inputs: Option<Inputs>,
    changed: bool,
    /// When the next decision may be asked for.
    ready_ns: i64,
    failures: u32,
    halted: bool,
}

impl Asking {
    fn overtake(&mut self, why: &'static str) {
        self.changed = true;
        if let Some(decision) = self.open.as_mut() {
            decision.overtaken.get_or_insert(why);
        }
    }

    /// The strategy gets another chance.
    pub(super) fn forgive(&mut self) {
        (self.failures, self.halted, self.changed) = (0, false, true);
    }
}

impl Engine {
    /// A book frame changed what the strategy would see.
    pub(super) fn market_changed(&mut self, market: MarketIx) {
        if let Some(asking) = self.asking.get_mut(market.index()) {
            asking.changed = true;
        }
    }

    /// An answer that was thought of with another position must not trade.
    pub(super) fn position_changed(&mut self, market: MarketIx) {
        if let Some(asking) = self.asking.get_mut(market.index()) {
            asking.overtake("filled");
        }
    }

    fn ask_params(&self, market: MarketIx) -> Option<AskParams> {
        match self.params.get(market.index())?.model {
            Model::Asked { params, .. } => Some(params),
            _ => None,
        }
    }

    /// Before a decision: takes back an answer to a book that is not trusted any more, and gives up waiting for a late one.
    pub(super) fn judge_answer(&mut self, market: MarketIx, sink: &mut Sink) {
        let Some(params) = self.ask_params(market) else { return };
        let (may_quote, now_ns) = (self.may_quote(market), self.now_ns);
        let Some(asking) = self.asking.get_mut(market.index()) else { return };
        if !may_quote {
            asking.overtake("untrusted");
            asking.answer.clear();
            return;
        }
        let late = |decision: &Decision| decision.overtaken.is_none() && now_ns > decision.asked_ns + within_ns(params);
        if let Some(decision) = asking.open.filter(late) {
            asking.overtake("late");
            self.strategy_failed(market, decision.seq, Fault::Late, sink);
        }
    }

    /// After a decision: asks, if something changed and nothing speaks against it; otherwise notes when to look again.
    pub(super) fn ask_strategy(&mut self, market: MarketIx, sink: &mut Sink) {
        let Some(params) = self.ask_params(market) else { return };
        let (may_quote, now_ns) = (self.may_quote(market), self.now_ns);
        let Some(asking) = self.asking.get_mut(market.index()) else { return };
        if let Some(decision) = asking.open.filter(|decision| decision.overtaken.is_none()) {
            self.note_due(market, decision.asked_ns + within_ns(params) + 1);
        } else if may_quote && asking.changed && !asking.halted && asking.inputs.is_some() {
            if now_ns < asking.ready_ns {
                let ready_ns = asking.ready_ns;
                self.note_due(market, ready_ns);
                return;
            }
            self.decision_seq += 1;
            asking.open = Some(Decision { seq: self.decision_seq, asked_ns: now_ns, overtaken: None });
            asking.changed = false;
            asking.ready_ns = now_ns + i64::from(params.decide_every_ms) * MS;
            sink.outputs.push(Output::DecisionDue { decision_seq: self.decision_seq, market });
            self.note_due(market, now_ns + within_ns(params) + 1);
        }
    }

    pub(super) fn strategy_answered(&mut self, seq: u64, market: MarketIx, answer: Result<&[Declared], Fault>, sink: &mut Sink) {
        let may_quote = self.may_quote(market);
        let (Some(params), Some(asking)) = (self.ask_params(market), self.asking.get_mut(market.index())) else { return };
        let Some(decision) = asking.open.take_if(|decision| decision.seq == seq) else {
            sink.facts.push(Fact::AnswerDropped { market, decision_seq: seq, why: "superseded" });
            return;
        };
        let dropped = decision.overtaken.or((!may_quote).then_some("untrusted"));
        let late = self.now_ns > decision.asked_ns + within_ns(params);
        if let Some(why) = dropped {
            sink.facts.push(Fact::AnswerDropped { market, decision_seq: seq, why });
        } else if late {
            self.strategy_failed(market, seq, Fault::Late, sink);
        } else {
            let spec = self.instruments.get(market);
            let taken = answer.and_then(|rows| spec.map_or(Ok(()), |spec| checked(rows, spec, &mut asking.answer)));
            match taken {
                Ok(()) => asking.failures = 0,
                Err(fault) => self.strategy_failed(market, seq, fault, sink),
            }
        }
        self.decide(market, sink);
    }

    fn strategy_failed(&mut self, market: MarketIx, decision_seq: u64, fault: Fault, sink: &mut Sink) {
        let (Some(params), Some(asking)) = (self.ask_params(market), self.asking.get_mut(market.index())) else { return };
        asking.answer.clear();
        asking.failures += 1;
        sink.facts.push(Fact::StrategyFailed { market, decision_seq, why: fault.as_str(), in_a_row: asking.failures });
        if asking.failures >= params.failures_to_halt && !asking.halted {
            asking.halted = true;
            sink.facts.push(Fact::StrategyHalted { market });
        }
    }
}

fn within_ns(params: AskParams) -> i64 {
    i64::from(params.answer_within_ms) * MS
}
