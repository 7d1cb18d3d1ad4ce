{
  "format": 1,
  "signatures": [
    {
      "key_id": "fa96a2ce2ccf2e14955233c1e6975713f627cfa45f5b8e69a30efeb0f1e40bad",
      "algorithm": "ed25519",
      "signature": "b0358f08858f611e77d81a2f42911a438e59606749033898aba6ba4a493feb24f8fc4ab967ed6aaccc7c9754c07407c1b98910fe69a576f3eeca7f21ab57ef03"
    }
  ]
}
