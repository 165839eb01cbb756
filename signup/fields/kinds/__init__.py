"""The kinds of values, a file for each: how one is read, kept, compared, typed and named. All of them: `all_kinds`."""
