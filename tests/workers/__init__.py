"""Training by several processes: workers that are started, killed and started again."""
