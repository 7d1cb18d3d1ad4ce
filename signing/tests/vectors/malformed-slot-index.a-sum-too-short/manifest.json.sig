{
  "format": 1,
  "signatures": [
    {
      "key_id": "fa96a2ce2ccf2e14955233c1e6975713f627cfa45f5b8e69a30efeb0f1e40bad",
      "algorithm": "ed25519",
      "signature": "8143e890d6413d7bed4fe6b2f1f7d43a4c33f4162b001bd71db7162c978b7585a133a76f550533255b1fc1ea115139bdf914213c0f0b7c75cb09aace3d977404"
    }
  ]
}
