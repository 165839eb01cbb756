"""The demonstration that `signup run` starts with: a list, a form, a paper, an operator, a website."""
