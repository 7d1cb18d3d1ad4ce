{
  "format": 1,
  "signatures": [
    {
      "key_id": "fa96a2ce2ccf2e14955233c1e6975713f627cfa45f5b8e69a30efeb0f1e40bad",
      "algorithm": "ed25519",
      "signature": "175e78363955634fe82a81d9a9b48ad867daba1b41be792dd1642120a6172f25d84d5c69164bcfff89e86b8c06f85ecba29aef32a2c6f9391339ba92c4c69505"
    }
  ]
}
