"""What every answer passes: its headers, compression, tags of versions, bytes of JSON and of SSE."""
