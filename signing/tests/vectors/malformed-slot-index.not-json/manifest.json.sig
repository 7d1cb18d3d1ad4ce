{
  "format": 1,
  "signatures": [
    {
      "key_id": "fa96a2ce2ccf2e14955233c1e6975713f627cfa45f5b8e69a30efeb0f1e40bad",
      "algorithm": "ed25519",
      "signature": "0c4ec075ea5f7f71af25badb7ee289292f097fffd9e668844144a21da070f6116049c32b1f8bb4f2a36b2dfb96d1a617a0615da06000c59fe09cd2481a34140c"
    }
  ]
}
