{
  "format": 1,
  "signatures": [
    {
      "key_id": "fa96a2ce2ccf2e14955233c1e6975713f627cfa45f5b8e69a30efeb0f1e40bad",
      "algorithm": "ed25519",
      "signature": "559ada81920eb3375454cf7f8516d347052e788c428de68c7a964b33e5e081d5e7ec86b94e735f2e5268262556825bc524bd44afa4b76b004bb087ef98ba170c"
    }
  ]
}
