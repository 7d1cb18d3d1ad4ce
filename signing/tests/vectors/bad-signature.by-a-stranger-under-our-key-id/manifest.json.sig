{
  "format": 1,
  "signatures": [
    {
      "key_id": "fa96a2ce2ccf2e14955233c1e6975713f627cfa45f5b8e69a30efeb0f1e40bad",
      "algorithm": "ed25519",
      "signature": "5528b6d18643ce63b48f30bc06abbcf43cc51662bc94e8a61b0fb5cdcf43c60ce2187de49d4f4b88a6272ae9d2acf815f086c49f012d3f1b37595757b424690e"
    }
  ]
}
