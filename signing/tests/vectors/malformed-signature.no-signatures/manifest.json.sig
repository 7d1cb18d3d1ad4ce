{"format": 1, "signatures": []}
