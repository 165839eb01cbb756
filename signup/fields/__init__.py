"""The fields of the contact database: what is kept of a person, its kinds of values, figures and spellings."""
