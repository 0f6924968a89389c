//! The account, its key, disconnect-cancel-all and maintenance: objects that are read once, not per event.

use alloc::vec::Vec;

use mm_core::account::{AccountInfo, ApiKeyInfo, DcpInfo, DcpProduct, Maintenance, MaintenanceState, MarginMode};

use super::Counts;
use super::fields::{Fields, Result, for_each, refuse};
use crate::json::{Reader, Value};
use crate::refusal::{DecodeError, Why};

const ACCOUNT: [&str; 4] = ["marginMode", "unifiedMarginStatus", "smpGroup", "updatedTime"];

pub(super) fn account_info(reader: &mut Reader<'_>, counts: &mut Counts) -> Result<AccountInfo> {
    let fields = Fields::read(reader, &ACCOUNT, counts)?;
    let margin_mode = match fields.text("marginMode")? {
        b"ISOLATED_MARGIN" => MarginMode::Isolated,
        b"REGULAR_MARGIN" => MarginMode::Cross,
        b"PORTFOLIO_MARGIN" => MarginMode::Portfolio,
        _ => return Err(DecodeError { field: "marginMode", why: Why::UnknownValue }),
    };
    Ok(AccountInfo {
        margin_mode,
        unified_status: small(fields.required_integer("unifiedMarginStatus")?, "unifiedMarginStatus")?,
        smp_group: fields.integer("smpGroup")?.map(|group| small(group, "smpGroup")).transpose()?,
        updated_ms: fields.required_millis("updatedTime")?,
    })
}

const KEY: [&str; 6] = ["userID", "readOnly", "permissions", "ips", "uta", "deadlineDay"];
const PERMISSIONS: [&str; 4] = ["ContractTrade", "Derivatives", "Spot", "Wallet"];

/// Permissions that are not named are not there; the list of addresses `["*"]` binds nothing.
pub(super) fn api_key(reader: &mut Reader<'_>, counts: &mut Counts) -> Result<ApiKeyInfo> {
    let fields = Fields::read(reader, &KEY, counts)?;
    let permissions = Fields::read(&mut fields.required_nested("permissions")?, &PERMISSIONS, counts)?;
    let mut ip_bound = false;
    each_text(fields.nested("ips")?, "ips", |address| ip_bound |= address != b"*")?;
    Ok(ApiKeyInfo {
        user_id: small(fields.required_integer("userID")?, "userID")?,
        read_only: flag(&fields, "readOnly")?,
        trades_linear: names(&permissions, "ContractTrade", b"Order")? || names(&permissions, "Derivatives", b"DerivativesTrade")?,
        trades_spot: names(&permissions, "Spot", b"SpotTrade")?,
        withdraws: names(&permissions, "Wallet", b"Withdraw")?,
        ip_bound,
        unified: flag(&fields, "uta")?,
        days_left: fields.required_integer("deadlineDay")?,
    })
}

const DCP_ROWS: [&str; 1] = ["dcpInfos"];
const DCP: [&str; 3] = ["product", "dcpStatus", "timeWindow"];

pub(super) fn dcp(reader: &mut Reader<'_>, counts: &mut Counts) -> Result<Vec<DcpInfo>> {
    let rows = Fields::read(reader, &DCP_ROWS, counts)?.required_nested("dcpInfos")?;
    let mut out = Vec::new();
    for_each(rows, "dcpInfos", |reader| {
        let fields = Fields::read(reader, &DCP, counts)?;
        out.push(DcpInfo {
            product: match fields.text("product")? {
                b"DERIVATIVES" => DcpProduct::Derivatives,
                b"SPOT" => DcpProduct::Spot,
                b"OPTIONS" => DcpProduct::Options,
                _ => return Err(DecodeError { field: "product", why: Why::UnknownValue }),
            },
            on: match fields.text("dcpStatus")? {
                b"ON" => true,
                b"OFF" => false,
                _ => return Err(DecodeError { field: "dcpStatus", why: Why::UnknownValue }),
            },
            window_s: small(fields.required_integer("timeWindow")?, "timeWindow")?,
        });
        Ok(())
    })?;
    Ok(out)
}

const MAINTENANCE: [&str; 5] = ["state", "begin", "end", "serviceTypes", "product"];
const FUTURES: u64 = 1;
const SPOT: u64 = 2;
/// Trading as a whole, over HTTP, over the trade socket.
const TRADING: [u64; 3] = [1, 2, 3];
const PRIVATE_STREAM: u64 = 4;
const MARKET_DATA: u64 = 5;

pub(super) fn maintenance(reader: &mut Reader<'_>, counts: &mut Counts) -> Result<Maintenance> {
    let fields = Fields::read(reader, &MAINTENANCE, counts)?;
    let (products, services) = (numbers(&fields, "product")?, numbers(&fields, "serviceTypes")?);
    let hits = |list: &[u64], wanted: &[u64]| list.is_empty() || list.iter().any(|one| wanted.contains(one));
    Ok(Maintenance {
        state: match fields.text("state")? {
            b"scheduled" => MaintenanceState::Scheduled,
            b"ongoing" => MaintenanceState::Ongoing,
            b"completed" => MaintenanceState::Completed,
            b"canceled" | b"cancelled" => MaintenanceState::Cancelled,
            _ => return Err(DecodeError { field: "state", why: Why::UnknownValue }),
        },
        begin_ms: fields.required_millis("begin")?,
        end_ms: fields.required_millis("end")?,
        linear: hits(&products, &[FUTURES]),
        spot: hits(&products, &[SPOT]),
        trading: hits(&services, &TRADING),
        private_stream: hits(&services, &[PRIVATE_STREAM]),
        market_data: hits(&services, &[MARKET_DATA]),
    })
}

fn numbers<const N: usize>(fields: &Fields<'_, N>, name: &'static str) -> Result<Vec<u64>> {
    let mut out = Vec::new();
    for_each(fields.required_nested(name)?, name, |reader| {
        out.push(reader.unsigned().map_err(refuse(name))?);
        Ok(())
    })?;
    Ok(out)
}

/// Whether the list of permissions `name` holds `wanted`.
fn names<const N: usize>(permissions: &Fields<'_, N>, name: &'static str, wanted: &[u8]) -> Result<bool> {
    let mut found = false;
    each_text(permissions.nested(name)?, name, |text| found |= text == wanted)?;
    Ok(found)
}

fn each_text(list: Option<Reader<'_>>, name: &'static str, mut each: impl FnMut(&[u8])) -> Result<()> {
    let Some(list) = list else { return Ok(()) };
    for_each(list, name, |reader| match reader.value()? {
        Value::Str(text) => {
            each(text.raw());
            Ok(())
        }
        _ => Err(DecodeError { field: name, why: Why::WrongType }),
    })
}

/// A flag that is written as 0 or 1.
fn flag<const N: usize>(fields: &Fields<'_, N>, name: &'static str) -> Result<bool> {
    match fields.required_integer(name)? {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(DecodeError { field: name, why: Why::UnknownValue }),
    }
}

fn small<T: TryFrom<i64>>(value: i64, field: &'static str) -> Result<T> {
    T::try_from(value).map_err(|_| DecodeError { field, why: if value < 0 { Why::Negative } else { Why::TooLarge } })
}
