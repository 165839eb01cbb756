"""The console: the `signup` command, a thin verb a function, in files named as the verbs are."""
