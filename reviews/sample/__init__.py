"""Sample data: a fictional committee, its units, their models and what is said of them.

Everything comes from neutral lists of words and one seed. No unit, person or figure is real,
and every unit says in its name that it is a sample.
"""
