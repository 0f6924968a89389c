"""Transports: they move bytes and sign; they decide nothing."""
