{
  "format": 1,
  "signatures": [
    {
      "key_id": "fa96a2ce2ccf2e14955233c1e6975713f627cfa45f5b8e69a30efeb0f1e40bad",
      "algorithm": "ed25519",
      "signature": "c36cea40838215619237404bd06feffbb495969dfa3d69c25b515a1379f596f299077b50cb4f095661be505701e3e9c301ee3c374020a1c8a9ebf941236ce40b"
    }
  ]
}
