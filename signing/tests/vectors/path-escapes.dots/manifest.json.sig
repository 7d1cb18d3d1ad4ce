{
  "format": 1,
  "signatures": [
    {
      "key_id": "fa96a2ce2ccf2e14955233c1e6975713f627cfa45f5b8e69a30efeb0f1e40bad",
      "algorithm": "ed25519",
      "signature": "810685cb2329e81fc4ed91a1c69a3892df000cf8ca88316046004b6488437a51e3f6a42ad0c85e182617b3b38266d2eeff7c5da0fbead5545f4a6bf8dd671902"
    }
  ]
}
