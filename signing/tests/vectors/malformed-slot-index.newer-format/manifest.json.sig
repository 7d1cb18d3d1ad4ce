{
  "format": 1,
  "signatures": [
    {
      "key_id": "fa96a2ce2ccf2e14955233c1e6975713f627cfa45f5b8e69a30efeb0f1e40bad",
      "algorithm": "ed25519",
      "signature": "aec5962eac8566a30335b103ecd8e8af5ffd7e61ff61ec63281925bdb52d5b569a86659ea084191c197b2185717b2a5772f477a602d63bedc2ad9e68a9e70402"
    }
  ]
}
