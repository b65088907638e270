"""The portfolios Tradeline knows how to read: which files they have and under which contracts."""
