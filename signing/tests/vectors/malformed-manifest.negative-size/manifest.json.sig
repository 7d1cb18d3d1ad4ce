{
  "format": 1,
  "signatures": [
    {
      "key_id": "fa96a2ce2ccf2e14955233c1e6975713f627cfa45f5b8e69a30efeb0f1e40bad",
      "algorithm": "ed25519",
      "signature": "7f4f7d333a6053038e5cf1113aa69f95f7175634548e5274627c433c450abcf399c29ea6b44b9093b26e64f39f6295e4b418b714ec3a9b0543da6a5246e4460c"
    }
  ]
}
