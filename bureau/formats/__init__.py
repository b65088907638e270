"""Reading delivered files: CSV, JSON Lines, Parquet and Metro 2, each as a stream of tables."""
