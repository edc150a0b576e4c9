"""What calls cost: the ledger, prices, budgets and their sums."""
