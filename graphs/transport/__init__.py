"""HTTP to model servers: connections that are reused, time-outs, redirects, lines of a stream."""
