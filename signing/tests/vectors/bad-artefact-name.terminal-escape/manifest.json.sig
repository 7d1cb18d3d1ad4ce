{
  "format": 1,
  "signatures": [
    {
      "key_id": "fa96a2ce2ccf2e14955233c1e6975713f627cfa45f5b8e69a30efeb0f1e40bad",
      "algorithm": "ed25519",
      "signature": "306c796692acaf22b19a812ff52a4deb51b658b993d590d157812e9d76f3029a791f7502798d51fbb41e2279b293032e11da6846bc5604f343bc6ca21dd9b10d"
    }
  ]
}
