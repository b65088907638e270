"""The definitions of the features, one module a view."""
