"""What every report on a model is made of, below validation, fairness and drift alike.

:mod:`~training.report.section` is what a report says, :mod:`~training.report.drawing` how its pictures are drawn and
:mod:`~training.report.shown` how its values are written. Measures that more than one of them takes stand beside:
:mod:`~training.report.groups`, :mod:`~training.report.grades`, :mod:`~training.report.calibrated` and
:mod:`~training.report.resampling`.
"""
