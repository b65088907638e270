"""Drift: whether a model still works on the people of today, known before and after their outcomes mature.

:mod:`~training.drift.drift` compares a population with the one a model was developed on. One concept a module:
:mod:`~training.drift.estimated` (performance that calibrated probabilities promise), :mod:`~training.drift.performance`
(what matured outcomes show), :mod:`~training.drift.grades` (concentration and migration), and
:mod:`~training.drift.alarms` (thresholds). Population and characteristic stability come from
:mod:`features.analysis.shift`.
"""
