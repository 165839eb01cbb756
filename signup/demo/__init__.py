"""The demonstration that `signup run` starts with: a list, a form, a lead magnet, an operator, and a website that embeds the form."""
