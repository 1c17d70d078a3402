"""What an operator sees of the running processes: metrics for Prometheus, traces for an OpenTelemetry collector.

No metric's label and no span names a person or holds what one wrote; a city's slug is on spans and log lines only.
"""
