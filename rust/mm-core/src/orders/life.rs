//! The life cycle of an order as one written table. A pair that is not in it is a contradiction, never a guess.

/// Where an order stands, as far as we know. In-flight requests are states; so is not knowing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OrderState {
    /// The create is on its way; nothing heard yet.
    PendingNew,
    /// Accepted, open as far as we know.
    Working,
    PendingAmend,
    PendingCancel,
    /// Its fate is unclear (timeout, ambiguous answer, lost socket): it is queried, never re-sent, and counts at full size.
    Unknown,
    Filled,
    Cancelled,
    Rejected,
}

impl OrderState {
    pub const ALL: [OrderState; 8] = [
        OrderState::PendingNew,
        OrderState::Working,
        OrderState::PendingAmend,
        OrderState::PendingCancel,
        OrderState::Unknown,
        OrderState::Filled,
        OrderState::Cancelled,
        OrderState::Rejected,
    ];

    /// Terminal is final.
    #[must_use]
    pub fn is_terminal(self) -> bool {
        matches!(self, OrderState::Filled | OrderState::Cancelled | OrderState::Rejected)
    }

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            OrderState::PendingNew => "pending_new",
            OrderState::Working => "working",
            OrderState::PendingAmend => "pending_amend",
            OrderState::PendingCancel => "pending_cancel",
            OrderState::Unknown => "unknown",
            OrderState::Filled => "filled",
            OrderState::Cancelled => "cancelled",
            OrderState::Rejected => "rejected",
        }
    }
}

/// What can happen to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OrderEvent {
    /// The venue queued our create.
    CreateAcked,
    /// The create was definitely refused.
    CreateRefused,
    AmendSent,
    AmendAcked,
    /// The amend was definitely refused and the order stands as it was.
    AmendRefused,
    CancelSent,
    /// The cancel is queued; the order is not gone yet.
    CancelAcked,
    /// The cancel was definitely refused and the order stands as it was.
    CancelRefused,
    /// The cancel was definitely refused, and the amend that it overtook is still under way.
    CancelRefusedAmending,
    /// Timeout, ambiguous answer, lost socket, or an answer that says the order is gone without saying how.
    FateUnclear,
    /// The venue shows it open at a price and size that are not those of an amend in flight.
    SeenOpen,
    /// The venue shows it open with the amended price and size.
    SeenAmended,
    SeenFilled,
    SeenCancelled,
    SeenRejected,
    /// A query, later than any request could still arrive, knows nothing of it.
    NotFound,
}

impl OrderEvent {
    pub const ALL: [OrderEvent; 16] = [
        OrderEvent::CreateAcked,
        OrderEvent::CreateRefused,
        OrderEvent::AmendSent,
        OrderEvent::AmendAcked,
        OrderEvent::AmendRefused,
        OrderEvent::CancelSent,
        OrderEvent::CancelAcked,
        OrderEvent::CancelRefused,
        OrderEvent::CancelRefusedAmending,
        OrderEvent::FateUnclear,
        OrderEvent::SeenOpen,
        OrderEvent::SeenAmended,
        OrderEvent::SeenFilled,
        OrderEvent::SeenCancelled,
        OrderEvent::SeenRejected,
        OrderEvent::NotFound,
    ];
}

/// The table. `None` is a contradiction between what we did and what the venue says.
#[must_use]
pub fn transition(state: OrderState, event: OrderEvent) -> Option<OrderState> {
    use OrderEvent as E;
    use OrderState as S;
    Some(match (state, event) {
        // The venue's last word ends any open state.
        (S::PendingNew | S::Working | S::PendingAmend | S::PendingCancel | S::Unknown, E::SeenFilled) => S::Filled,
        (S::PendingNew | S::Working | S::PendingAmend | S::PendingCancel | S::Unknown, E::SeenCancelled) => S::Cancelled,
        (S::PendingNew | S::Working | S::PendingAmend | S::PendingCancel | S::Unknown, E::SeenRejected) => S::Rejected,
        (S::PendingNew | S::Working | S::PendingAmend | S::PendingCancel | S::Unknown, E::FateUnclear) => S::Unknown,

        (S::PendingNew, E::CreateAcked | E::SeenOpen | E::SeenAmended) => S::Working,
        (S::PendingNew, E::CreateRefused) => S::Rejected,

        (S::Working, E::AmendSent) => S::PendingAmend,
        // A cancel does not wait for an amend under way: what must be pulled is pulled now.
        (S::Working | S::PendingAmend, E::CancelSent) => S::PendingCancel,
        // The stream may tell before the answer does; an answer that comes later than its order's next step says nothing new.
        (
            S::Working,
            E::CreateAcked | E::AmendAcked | E::AmendRefused | E::CancelAcked | E::CancelRefused | E::SeenOpen | E::SeenAmended,
        ) => S::Working,

        // An ack only queues the amend; the order row that shows it ends the wait.
        (S::PendingAmend, E::CreateAcked | E::AmendAcked | E::CancelAcked | E::CancelRefused | E::SeenOpen) => S::PendingAmend,
        (S::PendingAmend, E::SeenAmended | E::AmendRefused) => S::Working,

        (S::PendingCancel, E::CreateAcked | E::AmendAcked | E::AmendRefused | E::CancelAcked | E::SeenOpen | E::SeenAmended) => {
            S::PendingCancel
        }
        (S::PendingCancel, E::CancelRefused) => S::Working,
        (S::PendingCancel, E::CancelRefusedAmending) => S::PendingAmend,

        // Only the venue's own rows, or its lasting silence, resolve an unknown order; late acks do not.
        (S::Unknown, E::SeenOpen | E::SeenAmended) => S::Working,
        (S::Unknown, E::CreateAcked | E::AmendAcked | E::AmendRefused | E::CancelAcked | E::CancelRefused) => S::Unknown,
        (S::Unknown, E::CreateRefused | E::NotFound) => S::Rejected,

        // Terminal is final: late and repeated news change nothing …
        (S::Filled, E::SeenFilled) => S::Filled,
        (S::Cancelled, E::SeenCancelled) => S::Cancelled,
        (S::Rejected, E::SeenRejected | E::CreateRefused | E::NotFound) => S::Rejected,
        (
            S::Filled | S::Cancelled,
            E::CreateAcked
            | E::AmendAcked
            | E::AmendRefused
            | E::CancelAcked
            | E::CancelRefused
            | E::FateUnclear
            | E::SeenOpen
            | E::SeenAmended
            | E::NotFound,
        )
        | (S::Rejected, E::CreateAcked | E::FateUnclear) => state,

        // … and everything else contradicts: two different ends, an open order after a refusal, commands on a dead order.
        _ => return None,
    })
}
