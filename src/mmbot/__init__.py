"""A market maker for Bybit V5: deterministic core in Rust, everything a person reads or operates in Python."""
