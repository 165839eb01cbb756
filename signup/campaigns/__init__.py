"""Letters to the confirmed people of a list: written, sent once to each, and learnt from."""
