"""Whether a model treats groups of people alike, and what could be done about it.

The attributes are self-test attributes (:mod:`bureau.self_test`): no model is fitted on them. One concept a
module: :mod:`~training.fairness.impact` (adverse impact ratio), :mod:`~training.fairness.smd` (standardised mean
difference), :mod:`~training.fairness.calibration`, :mod:`~training.fairness.opportunity` (approval among the good),
:mod:`~training.fairness.proxies` (which features tell the group), :mod:`~training.fairness.alternatives` (search for
less discriminatory alternatives), and :mod:`~training.fairness.section` for the validation.
"""
