"""Plain values that all exchange: messages, events, findings, files, limits; cutting secrets out of them."""
