"""Field types and base schemas that more than one surface uses."""
