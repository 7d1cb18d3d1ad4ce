{
  "format": 1,
  "signatures": [
    {
      "key_id": "fa96a2ce2ccf2e14955233c1e6975713f627cfa45f5b8e69a30efeb0f1e40bad",
      "algorithm": "ed25519",
      "signature": "5286d8acf75a712b17ff540e6060e6583604426214c85270fda6144e7fa697cb27f7e347afd9218b6c15eda7b21dc4a171a1e75293786fc70fd84e7c2a0bab0c"
    }
  ]
}
