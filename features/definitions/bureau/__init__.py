"""The features of the bureau: over all that furnishers of every kind tell, one module a view or a theme of one."""
