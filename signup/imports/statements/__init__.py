"""The statements of an import, and the values that they take."""
