"""Feast's door to the features: its objects, its configuration and an online store, derived from the catalogue.

``feature_store.yaml`` and :mod:`feature_repo.registered` serve Feast's own command line;
:mod:`feature_repo.repository` does the same from Python.
"""
