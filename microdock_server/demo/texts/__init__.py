"""What the invented marketplace says: plugins, people, ratings and decisions, in Chinese and English."""
