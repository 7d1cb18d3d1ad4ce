{
  "format": 1,
  "signatures": [
    {
      "key_id": "fa96a2ce2ccf2e14955233c1e6975713f627cfa45f5b8e69a30efeb0f1e40bad",
      "algorithm": "ed25519",
      "signature": "4fdf8a8007fc4d122408fbd4f23fce9eff1316560c20696b9867d4b2036f9f631c0ad4b0c04f68a158a62292a6e041da602261c19fd21b3a06e2b644b7531a04"
    }
  ]
}
