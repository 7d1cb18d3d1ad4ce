{
  "format": 1,
  "signatures": [
    {
      "key_id": "fa96a2ce2ccf2e14955233c1e6975713f627cfa45f5b8e69a30efeb0f1e40bad",
      "algorithm": "ed25519",
      "signature": "445814aef44827ece73a74b9eefc4a275367afcdd0d8a2705c2399392db7f90a3fa0e7ebee3834ce8095f2363225d8c4ab847b3d26ea6aea4462112c9e1ccc0f"
    }
  ]
}
