"""What scripts/bench runs: the real server beside plain ones, in one run, as ratios."""
