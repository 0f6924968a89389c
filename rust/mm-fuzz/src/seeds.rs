//! Inputs to begin with. All values here are made up; recordings are read in place where there are any.

use std::fs::File;
use std::path::Path;

use serde_json::Value;

/// One frame of each topic and of each reply.
pub const FRAMES: &[&str] = &[
    r#"{"topic":"orderbook.50.BTCUSDT","type":"delta","ts":1700000000007,"data":{"s":"BTCUSDT","b":[["70000.1","0.01"],["70000","0"]],"a":[["70000.2","0.007"]],"u":42,"seq":9000},"cts":1700000000004}"#,
    r#"{"topic":"orderbook.1.BTCUSDT","ts":1700000000007,"type":"snapshot","data":{"s":"BTCUSDT","b":[["70000.10","0.010"]],"a":[["70000.20","7.000"]],"u":1,"seq":9001},"cts":1700000000005}"#,
    r#"{"data":{"s":"BTCUSDT","b":[],"a":[],"u":43,"seq":9002},"topic":"orderbook.200.BTCUSDT","type":"delta","ts":3}"#,
    r#"{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":17,"data":[{"T":16,"s":"BTCUSDT","S":"Buy","v":"0.01","p":"70000.10","L":"PlusTick","i":"t-1","BT":false,"RPI":true,"seq":77}]}"#,
    r#"{"topic":"tickers.BTCUSDT","type":"delta","data":{"symbol":"BTCUSDT","markPrice":"70001.23","indexPrice":"70001","fundingRate":"-0.0001","nextFundingTime":"1700006400000","bid1Price":"70000.1"},"cs":8,"ts":5}"#,
    r#"{"topic":"kline.1.BTCUSDT","data":[{"start":1700000000000,"end":1700000059999,"interval":"1","open":"1","close":"2","high":"2","low":"1","volume":"3.001","turnover":"5.25","confirm":true,"timestamp":7}],"ts":8,"type":"snapshot"}"#,
    r#"{"topic":"system.status","ts":1,"data":[{"id":"m","title":"t","state":"ongoing","begin":"1","end":"2","href":"","serviceTypes":[2,4],"product":[1,2],"uidSuffix":[],"maintainType":1,"env":1}]}"#,
    r#"{"success":true,"ret_msg":"A\u00e9","conn_id":"c","req_id":"","op":"subscribe"}"#,
    r#"{"success":true,"ret_msg":"pong","conn_id":"c","op":"ping"}"#,
    r#"{"req_id":"q","op":"pong","args":["1700000000000"],"conn_id":"c"}"#,
    r#"{"topic":"order","id":"1","creationTime":5,"data":[{"category":"linear","symbol":"BTCUSDT","orderId":"a-1","orderLinkId":"r-0-1","side":"Sell","orderStatus":"PartiallyFilled","cancelType":"UNKNOWN","rejectReason":"EC_NoError","price":"70000","qty":"0.01","leavesQty":"0.004","cumExecQty":"0.006","avgPrice":"","cumFeeDetail":{"USDT":"0.1"},"updatedTime":"3"}]}"#,
    r#"{"topic":"execution.spot","creationTime":5,"data":[{"category":"spot","symbol":"BTCUSDT","orderId":"a","orderLinkId":"r","side":"Buy","leavesQty":"0","execId":"e","execPrice":"7","execQty":"1","execFee":"-0.1","execType":"Trade","execTime":"1","isMaker":true,"feeCurrency":"BTC","seq":4}]}"#,
    r#"{"topic":"execution","data":[{"category":"linear","symbol":"BTCUSDT","orderId":"u","orderLinkId":"","side":"Buy","leavesQty":"0","execId":"f","execPrice":"70000.05","execQty":"1","execFee":"7","execType":"Funding","execTime":"1","isMaker":false,"feeCurrency":""}]}"#,
    r#"{"topic":"execution.fast","creationTime":5,"data":[{"category":"linear","symbol":"BTCUSDT","execId":"e","execPrice":"70000","execQty":"0.01","orderId":"a","isMaker":true,"orderLinkId":"","side":"Buy","execTime":"1","seq":77}]}"#,
    r#"{"topic":"position","creationTime":5,"data":[{"category":"linear","symbol":"BTCUSDT","positionIdx":0,"side":"Sell","size":"0.01","entryPrice":"70000"}]}"#,
    r#"{"topic":"wallet","data":[{"accountType":"UNIFIED","coin":[{"coin":"USDT","equity":"1","walletBalance":"2","locked":"0"}]}]}"#,
    r#"{"reqId":"19","retCode":0,"retMsg":"OK","op":"order.create","data":{"orderId":"a","orderLinkId":"r"},"retExtInfo":{},"header":{"X-Bapi-Limit":"10","X-Bapi-Limit-Status":"9","X-Bapi-Limit-Reset-Timestamp":"1700000000000"},"connId":"c"}"#,
    r#"{"reqId":"20","retCode":0,"retMsg":"OK","op":"order.create-batch","data":{"list":[{"orderId":"a"},{"orderId":""}]},"retExtInfo":{"list":[{"code":0,"msg":"OK"},{"code":110007,"msg":"no"}]},"header":{}}"#,
    r#"{"reqId":"21","retCode":110001,"retMsg":"order not exists or too late to cancel","op":"order.cancel","data":{}}"#,
];

/// One answer of each shape.
pub const ANSWERS: &[&str] = &[
    r#"{"retCode":0,"retMsg":"OK","result":{"list":[{"symbol":"BTCUSDT","orderId":"a-1","orderLinkId":"r-0-1","side":"Buy","price":"70000.1","qty":"0.01","cumExecQty":"0","leavesQty":"0.01","orderStatus":"New","rejectReason":"EC_NoError","avgPrice":"","updatedTime":"3"}],"nextPageCursor":"a%3A1","category":"linear"},"retExtInfo":{},"time":1}"#,
    r#"{"retCode":0,"retMsg":"OK","result":{"list":[{"symbol":"BTCUSDT","orderId":"a","orderLinkId":"","side":"Sell","execPrice":"70000","execQty":"0.5","leavesQty":"0","execFee":"3.5","execId":"e1","execType":"Trade","execTime":"1","feeCurrency":"USDT","isMaker":false}],"nextPageCursor":""}}"#,
    r#"{"retCode":0,"retMsg":"OK","result":{"list":[{"symbol":"BTCUSDT","side":"","size":"0","positionIdx":0,"leverage":""}]}}"#,
    r#"{"retCode":0,"retMsg":"OK","result":{"list":[{"accountType":"UNIFIED","coin":[{"coin":"USDT","walletBalance":"100000","equity":"100001.5"}]}]}}"#,
    r#"{"retCode":0,"retMsg":"OK","result":{"list":[{"symbol":"BTCUSDT","status":"Trading","baseCoin":"BTC","quoteCoin":"USDT","settleCoin":"USDT","priceFilter":{"minPrice":"0.10","maxPrice":"1999999.80","tickSize":"0.10"},"lotSizeFilter":{"minNotionalValue":"5","minOrderAmt":"5","maxOrderQty":"1190","minOrderQty":"0.001","qtyStep":"0.001","basePrecision":"0.000001"}}]}}"#,
    r#"{"retCode":0,"retMsg":"OK","result":{"list":[{"symbol":"BTCUSDT","takerFeeRate":"0.00015","makerFeeRate":"-0.00001"}]}}"#,
    r#"{"retCode":0,"retMsg":"OK","result":{"list":[{"orderId":"a","orderLinkId":"r"}],"success":"1"}}"#,
    r#"{"retCode":0,"retMsg":"OK","result":{"marginMode":"REGULAR_MARGIN","updatedTime":"1","unifiedMarginStatus":5,"smpGroup":0}}"#,
    r#"{"retCode":0,"retMsg":"","result":{"readOnly":0,"permissions":{"ContractTrade":["Order"],"Spot":["SpotTrade"],"Wallet":["Withdraw"],"Derivatives":[]},"ips":["*"],"deadlineDay":-2,"uta":1,"userID":42}}"#,
    r#"{"retCode":0,"retMsg":"","result":{"dcpInfos":[{"product":"SPOT","dcpStatus":"ON","timeWindow":"10"}]}}"#,
    r#"{"retCode":0,"retMsg":"","result":{"list":[{"state":"scheduled","begin":"1","end":"2","serviceTypes":[1],"product":[]}]}}"#,
    r#"{"retCode":0,"retMsg":"OK","result":{"timeSecond":"1700000000","timeNano":"1700000000123456789"}}"#,
    r#"{"retCode":0,"retMsg":"OK","result":{"s":"BTCUSDT","b":[["7.1","3"]],"a":[["7.2","0.5"]],"ts":5,"u":9,"seq":10,"cts":4}}"#,
    r#"{"retCode":0,"retMsg":"OK","result":{"category":"linear","list":[["1700000060000","1","3","0.5","2","10","20"],["1700000000000","1","2","1","1"]]}}"#,
    r#"{"retCode":0,"retMsg":"OK","result":{"category":"linear","list":[{"symbol":"BTCUSDT","bid1Price":"7","ask1Price":"","fundingRate":"0.0001","fundingRateTimestamp":"1","execId":"e","price":"7","size":"2","side":"Sell","time":"1","isBlockTrade":true}]}}"#,
    r#"{"retCode":0,"retMsg":"OK","result":{"orderId":"a-1","orderLinkId":"r-1"},"retExtInfo":{},"time":1}"#,
    r#"{"retCode":0,"retMsg":"OK","result":{"list":[{"orderId":"a"},{"orderId":""}]},"retExtInfo":{"list":[{"code":0,"msg":"OK"},{"code":170213,"msg":"no"}]}}"#,
    r#"{"retCode":10006,"retMsg":"Too many visits!","result":{},"retExtInfo":{},"time":1}"#,
    r#"{"retCode":0,"retMsg":"success"}"#,
];

/// Corners of JSON.
pub const TEXTS: &[&str] = &[
    "null",
    "[]",
    "{}",
    " \t\r\n[ 1 , -0 , 0.5 , 1e5 , 1E-5 , -1.25e+3 ] ",
    r#"["","a","\"\\\/\b\f\n\r\t","\u0041\u00e9\ud83d\ude00","é😀"]"#,
    r#"{"a":{"a":{"a":[[[{"a":1}]]]}},"a":2,"\u0061":3}"#,
    "[true,false,null,[true],{\"k\":null}]",
    "123456789012345678901234567890",
    "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[0]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
];

/// Sessions at the doors; see `Doors` for the notation.
pub const SCRIPTS: &[&str] = &[
    "0 {\"op\":\"subscribe\",\"req_id\":\"r\",\"args\":[\"orderbook.50.BTCUSDT\",\"publicTrade.BTCUSDT\",\"tickers.BTCUSDT\",\"kline.1.BTCUSDT\"]}\nT 1500\n0 {\"op\":\"unsubscribe\",\"args\":[\"orderbook.50.BTCUSDT\"]}\n0 {\"op\":\"ping\"}",
    "1 {\"op\":\"subscribe\",\"args\":[\"orderbook.1.BTCUSDT\",\"orderbook.200.BTCUSDT\"]}\nT 4000\n1 {\"req_id\":7,\"op\":\"ping\"}",
    "2 {\"op\":\"subscribe\",\"args\":[\"order\",\"execution\",\"position\",\"wallet\"]}\n3 {\"reqId\":\"1\",\"header\":{\"X-BAPI-TIMESTAMP\":\"1700000000050\",\"X-BAPI-RECV-WINDOW\":\"5000\"},\"op\":\"order.create\",\"args\":[{\"category\":\"linear\",\"symbol\":\"BTCUSDT\",\"side\":\"Buy\",\"orderType\":\"Limit\",\"qty\":\"0.01\",\"price\":\"50000\",\"timeInForce\":\"PostOnly\",\"orderLinkId\":\"x-1\"}]}\nT 100\n3 {\"reqId\":\"2\",\"header\":{\"X-BAPI-TIMESTAMP\":\"1700000000250\"},\"op\":\"order.amend\",\"args\":[{\"category\":\"linear\",\"symbol\":\"BTCUSDT\",\"orderLinkId\":\"x-1\",\"price\":\"50001\",\"qty\":\"0.02\"}]}\nT 100\n3 {\"reqId\":\"3\",\"header\":{\"X-BAPI-TIMESTAMP\":\"1700000000450\"},\"op\":\"order.cancel\",\"args\":[{\"category\":\"linear\",\"symbol\":\"BTCUSDT\",\"orderLinkId\":\"x-1\"}]}\nT 100\nG /v5/order/history?category=linear&symbol=BTCUSDT",
    "3 {\"reqId\":\"1\",\"header\":{\"X-BAPI-TIMESTAMP\":1700000000050},\"op\":\"order.create-batch\",\"args\":[{\"category\":\"spot\",\"request\":[{\"symbol\":\"BTCUSDT\",\"side\":\"Sell\",\"orderType\":\"Limit\",\"qty\":\"0.01\",\"price\":\"90000\",\"timeInForce\":\"GTC\",\"orderLinkId\":\"y-1\"},{\"symbol\":\"BTCUSDT\",\"side\":\"Buy\",\"orderType\":\"Limit\",\"qty\":\"0.0000001\",\"price\":\"1\",\"timeInForce\":\"PostOnly\"}]}]}\nT 50\nG /v5/order/realtime?category=spot&symbol=BTCUSDT&limit=1\nP /v5/order/cancel-all {\"category\":\"spot\",\"symbol\":\"BTCUSDT\"}",
    "P /v5/order/create {\"category\":\"linear\",\"symbol\":\"BTCUSDT\",\"side\":\"Buy\",\"orderType\":\"Market\",\"qty\":\"0.01\",\"orderLinkId\":\"m-1\"}\nT 200\nG /v5/position/list?category=linear&symbol=BTCUSDT\nG /v5/execution/list?category=linear&symbol=BTCUSDT&limit=2\nP /v5/order/create {\"category\":\"linear\",\"symbol\":\"BTCUSDT\",\"side\":\"Sell\",\"orderType\":\"Limit\",\"price\":\"1\",\"qty\":\"0.01\",\"timeInForce\":\"IOC\",\"reduceOnly\":true}\nT 200\nG /v5/account/wallet-balance?accountType=UNIFIED",
    "P /v5/order/create {\"category\":\"linear\",\"symbol\":\"BTCUSDT\",\"side\":\"Sell\",\"orderType\":\"Limit\",\"price\":\"65000\",\"qty\":\"0.5\",\"timeInForce\":\"FOK\",\"smpType\":\"CancelBoth\"}\nP /v5/position/set-leverage {\"category\":\"linear\",\"symbol\":\"BTCUSDT\",\"buyLeverage\":\"5\",\"sellLeverage\":\"5\"}\nP /v5/position/switch-mode {\"category\":\"linear\",\"symbol\":\"BTCUSDT\",\"mode\":0}",
    "G /v5/market/time\nG /v5/market/instruments-info?category=linear&limit=1\nG /v5/market/orderbook?category=spot&symbol=BTCUSDT&limit=5\nG /v5/market/tickers?category=linear&symbol=BTCUSDT\nG /v5/market/recent-trade?category=linear&symbol=BTCUSDT\nG /v5/market/kline?category=linear&symbol=BTCUSDT&interval=1&limit=3&start=0&end=1700000000000",
    "G /v5/account/info\nG /v5/account/fee-rate?category=linear&symbol=BTCUSDT\nG /v5/user/query-api\nG /v5/order/history?category=spot&limit=50&cursor=abc%3D\nG /v5/execution/list?category=spot&startTime=1&endTime=2",
    "P /v5/order/create-batch {\"category\":\"linear\",\"request\":[{\"symbol\":\"BTCUSDT\",\"side\":\"Buy\",\"orderType\":\"Limit\",\"qty\":\"0.01\",\"price\":\"50000\"},{}]}\nP /v5/order/amend-batch {\"category\":\"linear\",\"request\":[{\"symbol\":\"BTCUSDT\",\"orderId\":\"none\",\"qty\":\"1\"}]}\nP /v5/order/cancel-batch {\"category\":\"linear\",\"request\":[]}\n2 {\"op\":\"auth\",\"args\":[\"key\",1700000001000,\"sig\"]}",
    // The greatest numbers that a request holds.
    "P /v5/order/create {\"category\":\"spot\",\"symbol\":\"BTCUSDT\",\"side\":\"Buy\",\"orderType\":\"Market\",\"qty\":\"170141183460469231731\"}\nP /v5/order/create {\"category\":\"spot\",\"symbol\":\"BTCUSDT\",\"side\":\"Buy\",\"orderType\":\"Limit\",\"price\":\"900719925474099.2\",\"qty\":\"9007199254.740992\",\"timeInForce\":\"GTC\"}\nP /v5/order/create {\"category\":\"spot\",\"symbol\":\"BTCUSDT\",\"side\":\"Sell\",\"orderType\":\"Market\",\"qty\":\"9007199254.740992\",\"slippageToleranceType\":\"TickSize\",\"slippageTolerance\":\"10000\"}",
    "P /v5/order/create {\"category\":\"linear\",\"symbol\":\"BTCUSDT\",\"side\":\"Buy\",\"orderType\":\"Limit\",\"price\":\"900719925474099.2\",\"qty\":\"9007199254740.992\",\"timeInForce\":\"GTC\"}\nP /v5/order/create {\"category\":\"linear\",\"symbol\":\"BTCUSDT\",\"side\":\"Sell\",\"orderType\":\"Market\",\"qty\":\"9007199254740.992\"}\nP /v5/order/create {\"category\":\"linear\",\"symbol\":\"BTCUSDT\",\"side\":\"Buy\",\"orderType\":\"Limit\",\"price\":\"50000\",\"qty\":\"0.01\",\"orderLinkId\":\"z\"}\nT 50\nP /v5/order/amend {\"category\":\"linear\",\"symbol\":\"BTCUSDT\",\"orderLinkId\":\"z\",\"price\":\"900719925474099.2\",\"qty\":\"9007199254740.992\"}",
    "G /v5/market/kline?category=linear&symbol=BTCUSDT&interval=M&limit=9223372036854775807&start=-9223372036854775808&end=9223372036854775807\nG /v5/execution/list?category=linear&startTime=-9223372036854775808&endTime=9223372036854775807&limit=-1\nG /v5/order/history?category=linear&startTime=9223372036854775807\nG /v5/market/orderbook?category=linear&symbol=BTCUSDT&limit=18446744073709551615\nP /v5/order/disconnected-cancel-all {\"product\":\"DERIVATIVES\",\"timeWindow\":9223372036854775807}",
    "P /v5/order/disconnected-cancel-all {\"product\":\"DERIVATIVES\",\"timeWindow\":3}\nG /v5/account/query-dcp-info\nG /v5/account/smp-group\nG /v5/market/price-limit?category=linear&symbol=BTCUSDT\nG /v5/system/status\nG /v5/account/instruments-info?category=spot\nT 9000",
    "P /v5/order/create {\"category\":\"linear\",\"symbol\":\"BTCUSDT\",\"side\":\"Buy\",\"orderType\":\"Market\",\"qty\":\"0.01\"}\nT 200\nG /v5/account/transaction-log?accountType=UNIFIED&limit=2&startTime=253402300799999\nG /v5/account/transaction-log?currency=USDT&cursor=last%3D1_x\nG /v5/market/funding/history?category=linear&symbol=BTCUSDT&startTime=0&endTime=253402300799999\nG /v5/market/risk-limit?category=linear\nG /v5/market/fee-group-info?productType=contract&groupId=1\nP /v5/order/pre-check {\"category\":\"linear\",\"symbol\":\"BTCUSDT\",\"side\":\"Sell\",\"orderType\":\"Market\",\"qty\":\"0.02\"}\nP /v5/position/switch-mode {\"category\":\"linear\",\"coin\":\"USDT\",\"mode\":3}",
    "3 {\"reqId\":\"1\",\"header\":{\"X-BAPI-TIMESTAMP\":9223372036854775807,\"X-BAPI-RECV-WINDOW\":9223372036854775807},\"op\":\"order.create\",\"args\":[{\"category\":\"linear\",\"symbol\":\"BTCUSDT\",\"side\":\"Buy\",\"orderType\":\"Limit\",\"qty\":\"0.01\",\"price\":\"50000\"}]}\n3 {\"reqId\":\"2\",\"header\":{\"X-BAPI-TIMESTAMP\":\"-9223372036854775808\",\"X-BAPI-RECV-WINDOW\":\"18446744073709551615\"},\"op\":\"order.cancel\",\"args\":[{\"category\":\"linear\",\"symbol\":\"BTCUSDT\",\"orderLinkId\":\"x\"}]}",
];

/// What a quoting bot is told; see `LiveBot` for the notation.
pub const TOLD: &[&str] = &[
    "0 {\"topic\":\"orderbook.50.BTCUSDT\",\"type\":\"snapshot\",\"ts\":1700000000007,\"data\":{\"s\":\"BTCUSDT\",\"b\":[[\"70000\",\"1\"],[\"69999\",\"2\"]],\"a\":[[\"70001\",\"1\"]],\"u\":1,\"seq\":9000},\"cts\":1700000000004}\n0 {\"topic\":\"orderbook.50.BTCUSDT\",\"type\":\"delta\",\"ts\":1700000000107,\"data\":{\"s\":\"BTCUSDT\",\"b\":[[\"70000.5\",\"3\"]],\"a\":[],\"u\":2,\"seq\":9001},\"cts\":1700000000104}",
    "1 {\"topic\":\"orderbook.50.BTCUSDT\",\"type\":\"snapshot\",\"ts\":1700000000007,\"data\":{\"s\":\"BTCUSDT\",\"b\":[[\"70000\",\"1\"]],\"a\":[[\"70001\",\"1\"]],\"u\":1,\"seq\":9000},\"cts\":1700000000004}\n1 {\"topic\":\"publicTrade.BTCUSDT\",\"type\":\"snapshot\",\"ts\":17,\"data\":[{\"T\":1700000000004,\"s\":\"BTCUSDT\",\"S\":\"Buy\",\"v\":\"0.01\",\"p\":\"70001\",\"BT\":false,\"seq\":9001}]}",
    "0 {\"topic\":\"tickers.BTCUSDT\",\"type\":\"snapshot\",\"data\":{\"symbol\":\"BTCUSDT\",\"markPrice\":\"70001.23\",\"indexPrice\":\"70001\",\"fundingRate\":\"-0.0001\",\"nextFundingTime\":\"1700006400000\"},\"cs\":8,\"ts\":5}\n0 {\"topic\":\"publicTrade.BTCUSDT\",\"type\":\"snapshot\",\"ts\":17,\"data\":[{\"T\":1700000000004,\"s\":\"BTCUSDT\",\"S\":\"Sell\",\"v\":\"0.01\",\"p\":\"69000\",\"BT\":false,\"seq\":9001}]}",
    "2 {\"topic\":\"order\",\"creationTime\":5,\"data\":[{\"category\":\"linear\",\"symbol\":\"BTCUSDT\",\"orderId\":\"a-1\",\"orderLinkId\":\"@\",\"side\":\"Buy\",\"orderStatus\":\"PartiallyFilled\",\"rejectReason\":\"EC_NoError\",\"price\":\"70000\",\"qty\":\"0.008\",\"leavesQty\":\"0.004\",\"cumExecQty\":\"0.004\",\"updatedTime\":\"1700000003000\"}]}\n2 {\"topic\":\"execution\",\"creationTime\":5,\"data\":[{\"category\":\"linear\",\"symbol\":\"BTCUSDT\",\"orderId\":\"a-1\",\"orderLinkId\":\"@\",\"side\":\"Buy\",\"leavesQty\":\"0.004\",\"execId\":\"e-1\",\"execPrice\":\"70000\",\"execQty\":\"0.004\",\"execFee\":\"-0.1\",\"execType\":\"Trade\",\"execTime\":\"1700000003000\",\"isMaker\":true,\"feeCurrency\":\"USDT\"}]}",
    "2 {\"topic\":\"execution\",\"creationTime\":5,\"data\":[{\"category\":\"spot\",\"symbol\":\"BTCUSDT\",\"orderId\":\"a\",\"orderLinkId\":\"other\",\"side\":\"Sell\",\"leavesQty\":\"0\",\"execId\":\"e-2\",\"execPrice\":\"70000\",\"execQty\":\"0.5\",\"execFee\":\"0.1\",\"execType\":\"Trade\",\"execTime\":\"1700000003000\",\"isMaker\":false,\"feeCurrency\":\"USDT\"},{\"category\":\"linear\",\"symbol\":\"BTCUSDT\",\"orderId\":\"f\",\"orderLinkId\":\"\",\"side\":\"Buy\",\"leavesQty\":\"0\",\"execId\":\"e-3\",\"execPrice\":\"70000\",\"execQty\":\"1\",\"execFee\":\"7\",\"execType\":\"Funding\",\"execTime\":\"1700000003000\",\"isMaker\":false,\"feeCurrency\":\"\"}]}\n2 {\"topic\":\"wallet\",\"data\":[{\"accountType\":\"UNIFIED\",\"coin\":[{\"coin\":\"USDT\",\"equity\":\"1\",\"walletBalance\":\"2\"}]}]}",
    "2 {\"topic\":\"position\",\"creationTime\":5,\"data\":[{\"category\":\"linear\",\"symbol\":\"BTCUSDT\",\"positionIdx\":0,\"side\":\"Sell\",\"size\":\"0.01\"}]}\n2 {\"topic\":\"system.status\",\"ts\":1,\"data\":[{\"state\":\"ongoing\",\"begin\":\"1\",\"end\":\"2\",\"serviceTypes\":[2],\"product\":[1]}]}",
    "3 {\"reqId\":\"1\",\"retCode\":10006,\"retMsg\":\"Too many visits!\",\"op\":\"order.create\",\"data\":{},\"header\":{\"X-Bapi-Limit\":\"10\",\"X-Bapi-Limit-Status\":\"0\",\"X-Bapi-Limit-Reset-Timestamp\":\"1700000009000\"}}\n3 {\"retCode\":10403,\"retMsg\":\"limit\",\"op\":\"order.create\"}\n2 {\"success\":false,\"ret_msg\":\"no\",\"op\":\"subscribe\"}",
    "H {\"retCode\":0,\"retMsg\":\"OK\",\"result\":{\"list\":[{\"orderId\":\"a\",\"orderLinkId\":\"r\"}],\"success\":\"1\"}}\nH {\"retCode\":0,\"retMsg\":\"OK\",\"result\":{\"list\":[{\"symbol\":\"BTCUSDT\",\"orderId\":\"a-1\",\"orderLinkId\":\"r-0-1\",\"side\":\"Buy\",\"price\":\"70000.1\",\"qty\":\"0.01\",\"cumExecQty\":\"0\",\"leavesQty\":\"0.01\",\"orderStatus\":\"New\",\"updatedTime\":\"3\"}],\"nextPageCursor\":\"\"}}\nH {\"retCode\":0,\"retMsg\":\"OK\",\"result\":{\"list\":[{\"symbol\":\"BTCUSDT\",\"orderId\":\"a\",\"orderLinkId\":\"\",\"side\":\"Sell\",\"execPrice\":\"70000\",\"execQty\":\"0.5\",\"leavesQty\":\"0\",\"execFee\":\"3.5\",\"execId\":\"e1\",\"execType\":\"Trade\",\"execTime\":\"1\",\"feeCurrency\":\"USDT\",\"isMaker\":false}],\"nextPageCursor\":\"\"}}",
    "H {\"retCode\":0,\"retMsg\":\"OK\",\"result\":{\"list\":[]}}\nH {\"retCode\":0,\"retMsg\":\"OK\",\"result\":{\"list\":[{\"symbol\":\"BTCUSDT\",\"side\":\"Buy\",\"size\":\"0.5\",\"positionIdx\":0}]}}\nH {\"retCode\":0,\"retMsg\":\"OK\",\"result\":{\"list\":[{\"accountType\":\"UNIFIED\",\"coin\":[{\"coin\":\"USDT\",\"walletBalance\":\"100000\",\"equity\":\"100001.5\"},{\"coin\":\"BTC\",\"walletBalance\":\"10\",\"equity\":\"10\"}]}]}}\nH {\"retCode\":10016,\"retMsg\":\"x\",\"result\":{}}",
    // The greatest numbers that the grid holds.
    "0 {\"topic\":\"orderbook.50.BTCUSDT\",\"type\":\"snapshot\",\"ts\":1700000000007,\"data\":{\"s\":\"BTCUSDT\",\"b\":[[\"922337203685477580.6\",\"9223372036854775.807\"]],\"a\":[[\"922337203685477580.7\",\"9223372036854775.807\"]],\"u\":1,\"seq\":999999999999999999},\"cts\":999999999999999999}\n0 {\"topic\":\"publicTrade.BTCUSDT\",\"type\":\"snapshot\",\"ts\":17,\"data\":[{\"T\":999999999999999999,\"s\":\"BTCUSDT\",\"S\":\"Buy\",\"v\":\"9223372036854775.807\",\"p\":\"922337203685477580.7\",\"BT\":false,\"seq\":999999999999999999}]}\n0 {\"topic\":\"tickers.BTCUSDT\",\"type\":\"delta\",\"data\":{\"symbol\":\"BTCUSDT\",\"markPrice\":\"170141183460469231731\",\"indexPrice\":\"-170141183460469231731\",\"fundingRate\":\"170141183460469231731\",\"nextFundingTime\":\"9223372036854775807\"},\"cs\":8,\"ts\":5}",
    "2 {\"topic\":\"execution\",\"creationTime\":5,\"data\":[{\"category\":\"linear\",\"symbol\":\"BTCUSDT\",\"orderId\":\"a-1\",\"orderLinkId\":\"\",\"side\":\"Buy\",\"leavesQty\":\"0\",\"execId\":\"x-1\",\"execPrice\":\"922337203685477580.7\",\"execQty\":\"9223372036854775.807\",\"execFee\":\"170141183460469231731\",\"execType\":\"Trade\",\"execTime\":\"9223372036854775807\",\"isMaker\":true,\"feeCurrency\":\"USDT\"}]}",
    "2 {\"topic\":\"order\",\"creationTime\":5,\"data\":[{\"category\":\"linear\",\"symbol\":\"BTCUSDT\",\"orderId\":\"a-1\",\"orderLinkId\":\"@\",\"side\":\"Buy\",\"orderStatus\":\"PartiallyFilled\",\"rejectReason\":\"EC_NoError\",\"price\":\"922337203685477580.7\",\"qty\":\"9223372036854775.807\",\"leavesQty\":\"9223372036854775.807\",\"cumExecQty\":\"9223372036854775.807\",\"updatedTime\":\"9223372036854775807\"}]}",
    "2 {\"topic\":\"position\",\"creationTime\":5,\"data\":[{\"category\":\"linear\",\"symbol\":\"BTCUSDT\",\"positionIdx\":0,\"side\":\"Sell\",\"size\":\"9223372036854775.807\"}]}\n2 {\"topic\":\"wallet\",\"data\":[{\"accountType\":\"UNIFIED\",\"coin\":[{\"coin\":\"USDT\",\"equity\":\"-170141183460469231731\",\"walletBalance\":\"-170141183460469231731\"}]}]}",
    "H {\"retCode\":0,\"retMsg\":\"OK\",\"result\":{\"list\":[],\"success\":\"1\"}}\nH {\"retCode\":0,\"retMsg\":\"OK\",\"result\":{\"list\":[],\"success\":\"1\"}}\nH {\"retCode\":0,\"retMsg\":\"OK\",\"result\":{\"list\":[{\"symbol\":\"BTCUSDT\",\"orderId\":\"a-1\",\"orderLinkId\":\"r-0-1\",\"side\":\"Buy\",\"price\":\"922337203685477580.7\",\"qty\":\"9223372036854775.807\",\"cumExecQty\":\"0\",\"orderStatus\":\"New\",\"updatedTime\":\"9223372036854775807\"}],\"nextPageCursor\":\"\"}}",
    "3 {\"reqId\":\"2\",\"retCode\":10006,\"retMsg\":\"Too many visits!\",\"op\":\"order.create\",\"data\":{},\"header\":{\"X-Bapi-Limit\":\"4294967295\",\"X-Bapi-Limit-Status\":\"0\",\"X-Bapi-Limit-Reset-Timestamp\":\"9223372036854775807\"}}\n3 {\"reqId\":\"3\",\"retCode\":10006,\"retMsg\":\"x\",\"op\":\"order.create-batch\",\"data\":{},\"header\":{\"X-Bapi-Limit\":\"0\",\"X-Bapi-Limit-Status\":\"0\",\"X-Bapi-Limit-Reset-Timestamp\":\"1\"}}",
];

/// Inputs for the codec and the reader from the recordings below `dir`: whatever of it is there. `entries` first bytes are put before each.
#[must_use]
pub fn recordings(dir: &Path, entries: u8) -> Vec<Vec<u8>> {
    let mut texts = documented(&dir.join("conformance/bybit_docs/examples.jsonl"));
    texts.extend(captured(&dir.join("bybit_v5_capture/20260809_BTC-ETH-linear_BTC-spot.jsonl.zst")));
    let with_entries = |text: String| {
        let entry = move |entry: u8| [&[entry], text.as_bytes()].concat();
        (0..entries).map(entry).collect::<Vec<_>>()
    };
    texts.into_iter().flat_map(with_entries).collect()
}

fn documented(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let rows = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    rows.filter_map(|row| row["body"].as_str().map(str::to_owned)).collect()
}

/// The first frames of the capture: one of each kind is among them.
fn captured(path: &Path) -> Vec<String> {
    const FIRST: usize = 400;
    let text = File::open(path).ok().and_then(|file| zstd::decode_all(file).ok()).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let rows = text.lines().take(FIRST).filter_map(|line| serde_json::from_str::<Value>(line).ok());
    rows.filter_map(|row| row["data"].as_str().map(str::to_owned)).collect()
}
