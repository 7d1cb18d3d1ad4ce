{
  "format": 1,
  "signatures": [
    {
      "key_id": "2efb0c562e878f0013a1f9bb3a74368ef611bf5724db45506992fd3d5031d99c",
      "algorithm": "ed25519",
      "signature": "5528b6d18643ce63b48f30bc06abbcf43cc51662bc94e8a61b0fb5cdcf43c60ce2187de49d4f4b88a6272ae9d2acf815f086c49f012d3f1b37595757b424690e"
    },
    {
      "key_id": "fa96a2ce2ccf2e14955233c1e6975713f627cfa45f5b8e69a30efeb0f1e40bad",
      "algorithm": "ed25519",
      "signature": "cfdf8a8007fc4d122408fbd4f23fce9eff1316560c20696b9867d4b2036f9f631c0ad4b0c04f68a159a62292a6e041da602261c19fd21b3a06e2b644b7531a04"
    }
  ]
}
