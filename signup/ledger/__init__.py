"""The Merkle ledger over consent events and the audit trail: sealed, signed, checked without us."""
