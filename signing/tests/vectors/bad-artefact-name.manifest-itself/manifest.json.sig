{
  "format": 1,
  "signatures": [
    {
      "key_id": "fa96a2ce2ccf2e14955233c1e6975713f627cfa45f5b8e69a30efeb0f1e40bad",
      "algorithm": "ed25519",
      "signature": "8cc1442cdebf3e5f4faa7d93dd8f591c358b13307214eeac2d298e2b0f4760d39ea0b94cde094700e9aa8afcf9932c050ce27399d793bafc2f3d5b883ae39b05"
    }
  ]
}
