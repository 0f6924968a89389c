//! The venue's words for what an order or an execution is.

use mm_core::units::Lots;

use crate::api::{Creator, EndReason, ExecutionRow, FillReason, OrderRow, OrderStatus, OrderType, SelfMatch, TimeInForce};

#[must_use]
pub fn status(spot: bool, row: &OrderRow) -> &'static str {
    match row.status {
        OrderStatus::Cancelled if spot && row.cum_qty > Lots::ZERO => "PartiallyFilledCanceled",
        OrderStatus::Rejected => "Rejected",
        OrderStatus::New => "New",
        OrderStatus::PartiallyFilled => "PartiallyFilled",
        OrderStatus::Filled => "Filled",
        OrderStatus::Cancelled => "Cancelled",
    }
}

#[must_use]
pub fn time_in_force(row: &OrderRow) -> &'static str {
    match row.time_in_force {
        TimeInForce::Gtc => "GTC",
        TimeInForce::PostOnly => "PostOnly",
        TimeInForce::Ioc => "IOC",
        TimeInForce::Fok => "FOK",
    }
}

#[must_use]
pub fn self_match(row: &OrderRow) -> &'static str {
    match row.self_match {
        SelfMatch::Allow => "None",
        SelfMatch::CancelMaker => "CancelMaker",
        SelfMatch::CancelTaker => "CancelTaker",
        SelfMatch::CancelBoth => "CancelBoth",
    }
}

/// (cancelType, rejectReason)
#[must_use]
pub fn ending(row: &OrderRow) -> (&'static str, &'static str) {
    match row.end_reason {
        EndReason::None => ("UNKNOWN", "EC_NoError"),
        EndReason::User => ("CancelByUser", "EC_PerCancelRequest"),
        EndReason::PostOnlyWouldTake => ("UNKNOWN", "EC_PostOnlyWillTakeLiquidity"),
        EndReason::NotImmediate => ("UNKNOWN", "EC_NoImmediateQtyToFill"),
        EndReason::NotWhole => ("UNKNOWN", "EC_NoEnoughQtyToFill"),
        EndReason::SelfMatch => ("CancelBySmp", "EC_BySelfMatch"),
        EndReason::PriceLimit => ("UNKNOWN", "EC_ReachRiskPriceLimit"),
        EndReason::NotFull => ("UNKNOWN", "EC_CancelForNoFullFill"),
        EndReason::ReduceOnly => ("CancelByReduceOnly", "EC_NoError"),
        EndReason::Liquidation => ("CancelAllBeforeLiq", "EC_NoError"),
        EndReason::Deleveraging => ("CancelAllBeforeAdl", "EC_NoError"),
        EndReason::Disconnected => ("CancelByDCP", "EC_NoError"),
        EndReason::Settlement => ("CancelBySettle", "EC_NoError"),
        EndReason::Admin => ("CancelByAdmin", "EC_NoError"),
    }
}

#[must_use]
pub fn order_type(order_type: OrderType) -> &'static str {
    match order_type {
        OrderType::Limit => "Limit",
        OrderType::Market => "Market",
    }
}

/// (execType, createType)
#[must_use]
pub fn execution_kind(row: &ExecutionRow) -> (&'static str, &'static str) {
    match row.reason {
        FillReason::Liquidated => ("BustTrade", "CreateByTakeOver_PassThrough"),
        FillReason::Deleveraged => ("AdlTrade", "CreateByAdl_PassThrough"),
        FillReason::Funding => ("Funding", "CreateByUser"),
        _ => ("Trade", "CreateByUser"),
    }
}

/// createType
#[must_use]
pub fn creator(row: &OrderRow) -> &'static str {
    match row.creator {
        Creator::User => "CreateByUser",
        Creator::Takeover => "CreateByTakeOver_PassThrough",
        Creator::Deleveraging => "CreateByAdl_PassThrough",
    }
}
