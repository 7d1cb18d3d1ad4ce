{
  "format": 1,
  "signatures": [
    {
      "key_id": "fa96a2ce2ccf2e14955233c1e6975713f627cfa45f5b8e69a30efeb0f1e40bad",
      "algorithm": "ed25519",
      "signature": "da4749ba9ff9cca1791543a7a3a924e9ceaf89ca7ab9fd4532f24d8dd51b71d2ad88710147d597796df329d8f68379e045d41c9fb961cf7ed8c41ace2d6b3a09"
    }
  ]
}
