"""The pages of the ledger, the wordings, the record of processing and the partners."""
