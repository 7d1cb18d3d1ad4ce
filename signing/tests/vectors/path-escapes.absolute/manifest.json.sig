{
  "format": 1,
  "signatures": [
    {
      "key_id": "fa96a2ce2ccf2e14955233c1e6975713f627cfa45f5b8e69a30efeb0f1e40bad",
      "algorithm": "ed25519",
      "signature": "9fc0008555cad0088a9282f2c4a46238bdba00bb1a4908c0b5a89f06a148527319052d8c5bae1e834aa383438deabf8f90431a03407b286827a5e3053b60bd0e"
    }
  ]
}
