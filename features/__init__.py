"""The catalogue of features and their computation as of a moment.

Start at :mod:`features.definitions.all` (what there is), :mod:`features.compute` (from the history
to tables) and :mod:`features.sets` (which features a portfolio's models draw on).
"""
