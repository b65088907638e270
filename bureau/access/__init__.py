"""Who may ask about consumers: subscribers, their certified purposes, and their keys."""
