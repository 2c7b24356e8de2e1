"""Floor 0: scopes, variables, models, checkpoints. Imports nothing of the floors above."""
