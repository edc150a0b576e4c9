"""Who is calling and what they may do: login tokens, permissions of roles, the audit of what they did."""
