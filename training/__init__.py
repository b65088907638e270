"""From a labelled population to a champion with its evidence.

:mod:`training.population` says who is learned from, :mod:`training.train` tunes, judges and fits,
:mod:`training.evidence` shows how well, and :mod:`training.registry` keeps it in MLflow.
"""
