"""A marketplace to look at: plugins, people and a history, all invented, for servers that are empty."""
