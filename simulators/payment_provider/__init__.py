"""WeChat Pay and Alipay that are not there: one ledger behind both interfaces, and customers who confirm or do not."""
