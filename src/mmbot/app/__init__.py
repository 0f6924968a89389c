"""Wirings: the processes that a person starts."""
