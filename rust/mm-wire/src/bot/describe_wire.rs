//! The facts of the codec, of the venue itself and of the operator, as a name and named values.

use alloc::vec::Vec;

use mm_core::account::Maintenance;
use mm_core::fact::Fact;

use super::describe::{Fields, Names};

pub(super) fn wire(fact: &Fact, names: &Names<'_>) -> Option<(&'static str, Fields)> {
    Some(match *fact {
        Fact::FrameUndecodable { conn, field } => ("frame_undecodable", Vec::from([("conn", conn.0.into()), ("field", field.into())])),
        Fact::ReplyUndecodable { field } => ("reply_undecodable", Vec::from([("field", field.into())])),
        Fact::FrameOutOfScope { conn, reason } => ("frame_out_of_scope", Vec::from([("conn", conn.0.into()), ("reason", reason.into())])),
        Fact::UnknownField { name } => ("unknown_field", Vec::from([("name", name.as_str().into())])),
        Fact::UnknownInstrument { conn } => ("unknown_instrument", Vec::from([("conn", conn.0.into())])),
        Fact::CancelWaited { market, client_id, waited_ns } => (
            "cancel_waited",
            Vec::from([("market", names.market(market)), ("client_id", client_id.as_str().into()), ("waited_ns", waited_ns.into())]),
        ),
        Fact::RearmMoved { number, minutes, step } => {
            ("rearm_moved", Vec::from([("number", number.into()), ("minutes", u32::from(minutes).into()), ("step", step.into())]))
        }
        Fact::MaintenanceSeen(row) => ("maintenance_seen", maintenance(&row)),
        _ => return None,
    })
}

fn maintenance(row: &Maintenance) -> Fields {
    Vec::from([
        ("state", row.state.as_str().into()),
        ("begin_ms", row.begin_ms.into()),
        ("end_ms", row.end_ms.into()),
        ("linear", row.linear.into()),
        ("spot", row.spot.into()),
        ("trading", row.trading.into()),
        ("private_stream", row.private_stream.into()),
        ("market_data", row.market_data.into()),
    ])
}
