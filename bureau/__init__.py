"""The credit database: deliveries in, verified; an encrypted history of what was known when; credit files out.

The way in is :func:`bureau.portfolios.portfolio.load` (a portfolio) or :func:`bureau.ingest.ingest`
(one delivery); the way out is :func:`bureau.credit_file.credit_file` (one person) or
:meth:`bureau.history.History.read` (SQL over all facts, see :mod:`bureau.facts`). Both begin with
:func:`bureau.home.open_home` and :func:`bureau.history.open_history`. Import names from their
modules; this package itself imports nothing heavy.
"""

from bureau.errors import BureauError, DeliveryRefused, HistoryBusy, HomeError, UnknownConsumer, WrongKey

__all__ = ["BureauError", "DeliveryRefused", "HistoryBusy", "HomeError", "UnknownConsumer", "WrongKey"]
