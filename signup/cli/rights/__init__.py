"""`signup consent`, `access`, `erase` and `retention`: what people have a right to, on the console."""
