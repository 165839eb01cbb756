"""What imports and exports share: the record of an import, the guard against formulas, files kept for a while."""
