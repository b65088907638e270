"""From features to a decision, shared by training and serving.

:mod:`scoring.bundle` holds everything that decides, :mod:`scoring.scorer` decides with it.
"""
