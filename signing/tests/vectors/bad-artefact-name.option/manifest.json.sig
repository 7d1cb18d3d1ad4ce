{
  "format": 1,
  "signatures": [
    {
      "key_id": "fa96a2ce2ccf2e14955233c1e6975713f627cfa45f5b8e69a30efeb0f1e40bad",
      "algorithm": "ed25519",
      "signature": "6bbfdc355a5d550dc89d1b4d23acc0f804f4f0bd4b0035a2c07d32c0c23d4b8215a9c9aeeb4b8d417c6ce2be5645dff09f647c29ff0c31ab7f1e7ea5f4f96f09"
    }
  ]
}
