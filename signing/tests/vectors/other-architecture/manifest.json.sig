{
  "format": 1,
  "signatures": [
    {
      "key_id": "fa96a2ce2ccf2e14955233c1e6975713f627cfa45f5b8e69a30efeb0f1e40bad",
      "algorithm": "ed25519",
      "signature": "bd11677178d3f0eed4389ea5e4df3606f62827b8c35db4780d5770a1fa51ccaca752873db3066b7af5818b247aec20f4ba719a9d0d10519740fc689d0795b20b"
    }
  ]
}
