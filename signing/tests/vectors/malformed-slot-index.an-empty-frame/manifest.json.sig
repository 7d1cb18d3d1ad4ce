{
  "format": 1,
  "signatures": [
    {
      "key_id": "fa96a2ce2ccf2e14955233c1e6975713f627cfa45f5b8e69a30efeb0f1e40bad",
      "algorithm": "ed25519",
      "signature": "155a123e0da234ae878c0cc654969491536e335a275b25d8bc182778802b08e22000d073b20b09e2d9ec47959583c4953b7316df6492d22209d68ed12d74cf09"
    }
  ]
}
