"""The compiled half of mmbot."""
