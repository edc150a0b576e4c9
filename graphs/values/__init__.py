"""Plain values that all exchange: events, findings, limits, what a node sees; cutting secrets out of them."""
