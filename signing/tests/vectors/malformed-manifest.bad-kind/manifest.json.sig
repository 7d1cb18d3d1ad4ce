{
  "format": 1,
  "signatures": [
    {
      "key_id": "fa96a2ce2ccf2e14955233c1e6975713f627cfa45f5b8e69a30efeb0f1e40bad",
      "algorithm": "ed25519",
      "signature": "e539aabbdfc80c22eddfc189ae74492277989b41fccf3cf842e8e771923b27d398bbd61c9d76e1e4f3fa85d25a422ce4e4d3f1d68f51f041bed5f667c035430c"
    }
  ]
}
