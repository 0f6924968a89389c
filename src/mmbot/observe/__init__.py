"""What a person sees of a running bot: structured logs, always through redaction."""
