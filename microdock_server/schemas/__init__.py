"""The gauges: field types and field sets that more than one surface uses."""
