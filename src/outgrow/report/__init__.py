"""What a run found and did: text, JSON, HTML."""
