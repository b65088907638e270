"""The kinds of delivery that many furnishers send: one contract each; :data:`bureau.kinds.all.KINDS` has them all."""
