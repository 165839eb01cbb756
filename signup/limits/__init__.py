"""How often an address, a network, a domain, a list and the whole service may be signed up: `governor` answers."""
