{
  "format": 1,
  "signatures": [
    {
      "key_id": "fa96a2ce2ccf2e14955233c1e6975713f627cfa45f5b8e69a30efeb0f1e40bad",
      "algorithm": "ed25519",
      "signature": "96dba7e87f5dd2a2b580475a5a95ac49ea294c2d43a5c582d6c0b77aea1a1f2086b90a0009cb8fa58d83b9a1275532cb1ec43ffafce883ee9925dd9c9cac2009"
    }
  ]
}
