{
  "format": 1,
  "signatures": [
    {
      "key_id": "fa96a2ce2ccf2e14955233c1e6975713f627cfa45f5b8e69a30efeb0f1e40bad",
      "algorithm": "ed25519",
      "signature": "f07a0dbc4f6089eed643e3a718311127defbf235b3320a4ef3bee6a42469fcf92a1288dde19681c6fd7c022d69ec472499db30aa1b0b880516008bc8ae9d8f07"
    }
  ]
}
