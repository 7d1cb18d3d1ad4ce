{
  "format": 1,
  "signatures": [
    {
      "key_id": "fa96a2ce2ccf2e14955233c1e6975713f627cfa45f5b8e69a30efeb0f1e40bad",
      "algorithm": "ed25519",
      "signature": "ba29daa117748298f377bc2ad781b5b9b8da1d416fa9cfdb8b80f2571079883d59a9b9eb41054a2d1419dc32b689840bdda4a0cd15a2f18d6446ffed90d7ea05"
    }
  ]
}
