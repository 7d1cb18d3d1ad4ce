{
  "format": 1,
  "signatures": [
    {
      "key_id": "fa96a2ce2ccf2e14955233c1e6975713f627cfa45f5b8e69a30efeb0f1e40bad",
      "algorithm": "ed25519",
      "signature": "ef9b1833be2cefaea74447b3b31433a9e9c5de3a4f8ad93a50c0634131d1e368a0316a79894ac3e6d0aafe6066691a5ae736d74242203869bdaf813cdd1f320c"
    }
  ]
}
