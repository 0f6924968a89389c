//! The field names that the venue documents in payloads that are read. A name that is not here is news, and is told.

/// Sorted by bytes.
#[rustfmt::skip]
const NAMES: &[&str] = &[
    "Affiliate", "BT", "BitCard", "BlockTrade", "ByXPost", "ContractTrade", "CopyTrading", "CreatedTime", "Derivatives", "Earn",
    "Exchange", "FiatBitPay", "FiatConvertBroker", "FiatGlobalPay", "FiatP2P", "L", "LinearInverseOption", "NFT", "Options", "RPI",
    "S", "Spot", "T", "Timenow", "Traceid", "Wallet", "X-BAPI-RECV-WINDOW", "X-BAPI-TIMESTAMP", "X-Bapi-Limit",
    "X-Bapi-Limit-Reset-
    Timestamp", "X-Bapi-Limit-Status", "a", "accountIMRate", "accountIMRateByMp", "accountLTV",
    "accountMMRate", "accountMMRateByMp", "accountType", "accruedInterest", "adlRankIndicator", "affiliateID", "affiliateIDInt64",
    "apiKey", "args", "ask1Iv", "ask1Price", "ask1Size", "askIv", "askPrice", "askSize", "auctionFeeInfo", "auctionFeeRate",
    "autoAddMargin", "availableToBorrow", "availableToWithdraw", "avgPrice", "b", "baseCoin", "basePrecision", "basePrice", "basis",
    "basisRate", "basisRateYear", "begin", "bid1Iv", "bid1Price", "bid1Size", "bidIv", "bidPrice", "bidSize", "blockTradeId",
    "bonus", "borrowAmount", "breakEvenPrice", "bustPrice", "cancelType", "category", "change24h", "close", "closeOnTrigger",
    "closedPnl", "closedSize", "code", "coin", "colRes", "collateralSwitch", "confirm", "connId", "conn_id", "contractType",
    "copyTrading", "createAt", "createType", "createdAt", "createdTime", "creationTime", "cs", "cts", "cumExecFee", "cumExecQty",
    "cumExecValue", "cumFeeDetail", "cumRealisedPnl", "curAuctionPhase", "curPreListingPhase", "curRealisedPnl", "data", "dcpInfos",
    "dcpStatus", "deadlineDay", "deliveryFeeRate", "deliveryTime", "delta", "displayName", "end", "endTime", "entryPrice", "env",
    "equity", "execFee", "execFeeV2", "execId", "execPnl", "execPrice", "execQty", "execTime", "execType", "execValue", "expiredAt",
    "extraFees", "failTopics", "fee", "feeCoin", "feeCurrency", "feeRate", "feeType", "forbidUplWithdrawal", "free", "fundingCap",
    "fundingInterval", "fundingIntervalHour", "fundingRate", "fundingRateTimestamp", "gamma", "header", "high", "highPrice24h",
    "href", "i", "id", "indexPrice", "innovation", "interval", "inviterID", "inviterIDInt64", "ips", "isBlockTrade", "isLeverage",
    "isMaker", "isMaster", "isMasterTrader", "isPreListing", "isPublicRpi", "isRPITrade", "isReduceOnly", "kycLevel", "kycRegion",
    "lastPrice", "lastPriceOnCreated", "launchTime", "leavesQty", "leavesValue", "leverage", "leverageFilter", "leverageStep",
    "leverageSysUpdatedTime", "liqPrice", "list", "locked", "lotSizeFilter", "low", "lowPrice24h", "lowerFundingRate",
    "maintainType", "makerFeeRate", "marginCollateral", "marginMode", "marginTrading", "markIv", "markPrice", "markPriceIv",
    "marketUnit", "maxLeverage", "maxLimitOrderQty", "maxMarketOrderQty", "maxMktOrderQty", "maxOrderAmt", "maxOrderQty",
    "maxPrice", "minLeverage", "minNotionalValue", "minOrderAmt", "minOrderQty", "minPrice", "mktMakerLevel", "mmrSysUpdateTime",
    "mmrSysUpdatedTime", "msg", "myRpiPermission", "nextFundingTime", "nextPageCursor", "note", "ocoTriggerBy", "op", "open",
    "openInterest", "openInterestValue", "openTime", "optionsType", "orderId", "orderIv", "orderLinkId", "orderPrice", "orderQty",
    "orderStatus", "orderType", "p", "parentOrderLinkId", "parentUid", "permissions", "phase", "phases", "placeType",
    "positionBalance", "positionIM", "positionIMByMp", "positionIdx", "positionMM", "positionMMByMp", "positionStatus",
    "positionValue", "postOnlyMaxLimitOrderSize", "postOnlyMaxOrderQty", "preListingInfo", "preOpenPrice", "preQty",
    "predictedDeliveryPrice", "prevPrice1h", "prevPrice24h", "price", "price24hPcnt", "priceFilter", "priceLimitRatioX",
    "priceLimitRatioY", "priceScale", "product", "qty", "qtyStep", "quoteCoin", "quotePrecision", "readOnly", "reduceOnly",
    "rejectReason", "reqId", "req_id", "request", "result", "retCode", "retExtInfo", "retMsg", "ret_msg", "riskId",
    "riskLimitValue", "riskParameters", "rpiMatchedQty", "rpiTakerAccess", "rsaPublicKey", "s", "secret", "seq", "serviceTypes",
    "sessionAvgPrice", "settleCoin", "side", "singleOpenInterest", "singleOpenInterestValue", "size", "slLimitPrice", "slTriggerBy",
    "slippageTolerance", "slippageToleranceType", "smpGroup", "smpOrderId", "smpType", "spotBorrow", "spotHedgingQty",
    "spotHedgingStatus", "stTag", "start", "startTime", "state", "status", "stopLoss", "stopOrderType", "subFeeType", "success",
    "successTopics", "symbol", "symbolId", "symbolType", "takeProfit", "takerFeeRate", "theta", "tickDirection", "tickSize", "time",
    "timeInForce", "timeNano", "timeSecond", "timeWindow", "timestamp", "title", "topic", "totalAvailableBalance", "totalEquity",
    "totalInitialMargin", "totalInitialMarginByMp", "totalMaintenanceMargin", "totalMaintenanceMarginByMp", "totalMarginBalance",
    "totalOrderIM", "totalPerpUPL", "totalPositionIM", "totalPositionMM", "totalTurnover", "totalVolume", "totalWalletBalance",
    "tpLimitPrice", "tpTriggerBy", "tpslMode", "tradeIv", "tradeMode", "trailingStop", "triggerBy", "triggerDirection",
    "triggerPrice", "ts", "turnover", "turnover24h", "type", "u", "uidSuffix", "underlyingPrice", "unified", "unifiedMarginStatus",
    "unifiedMarginTrade", "unrealisedPnl", "updatedTime", "upperFundingRate", "usdIndexPrice", "usdValue", "userID", "userIDInt64",
    "uta", "v", "vega", "vipLevel", "volume", "volume24h", "walletBalance", "xstockMultiplier",
];

/// A power of two well above the number of names, so that few of them share a slot.
const SLOTS: usize = 2048;

/// Rows of [`NAMES`] plus 1, each at its [`slot`] or the next free one after it; 0 is free.
static TABLE: [u16; SLOTS] = table();

#[allow(clippy::cast_possible_truncation)] // There are far fewer names than 65,536.
const fn table() -> [u16; SLOTS] {
    let (mut table, mut row) = ([0; SLOTS], 0);
    while row < NAMES.len() {
        let mut at = slot(NAMES[row].as_bytes());
        while table[at] != 0 {
            at = (at + 1) % SLOTS;
        }
        table[at] = row as u16 + 1;
        row += 1;
    }
    table
}

/// Where a name is looked for first: by its length and six of its bytes.
const fn slot(name: &[u8]) -> usize {
    let (length, mut hash, mut at) = (name.len(), name.len(), 0);
    while at < 6 && length > 0 {
        hash = hash.wrapping_mul(37).wrapping_add(name[at * (length - 1) / 5] as usize);
        at += 1;
    }
    (hash ^ (hash >> 11)) % SLOTS
}

/// Whether the venue documents a field of this name.
pub(super) fn is_documented(name: &[u8]) -> bool {
    let mut at = slot(name);
    loop {
        match TABLE[at] {
            0 => return false,
            row if NAMES[usize::from(row) - 1].as_bytes() == name => return true,
            _ => at = (at + 1) % SLOTS,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_sorted_and_each_is_found() {
        assert!(NAMES.windows(2).all(|pair| pair[0].as_bytes() < pair[1].as_bytes()));
        assert!(NAMES.iter().all(|name| is_documented(name.as_bytes())));
        assert!(!is_documented(b"") && !is_documented(b"zzz") && !is_documented(b"orderID"));
    }
}
