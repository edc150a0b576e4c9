"""Where a request comes from: its client behind proxies, named networks, the web page that sent it."""
