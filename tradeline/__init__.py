"""The command line and the settings: the only place that reads the environment and the clock."""
