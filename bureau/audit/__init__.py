"""The audit log: what happened, in a hash chain with signed checkpoints."""
