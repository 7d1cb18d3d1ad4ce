{
  "format": 1,
  "signatures": [
    {
      "key_id": "2efb0c562e878f0013a1f9bb3a74368ef611bf5724db45506992fd3d5031d99c",
      "algorithm": "ed25519",
      "signature": "5528b6d18643ce63b48f30bc06abbcf43cc51662bc94e8a61b0fb5cdcf43c60ce2187de49d4f4b88a6272ae9d2acf815f086c49f012d3f1b37595757b424690e"
    }
  ]
}
