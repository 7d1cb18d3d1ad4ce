{
  "format": 1,
  "signatures": [
    {
      "key_id": "fa96a2ce2ccf2e14955233c1e6975713f627cfa45f5b8e69a30efeb0f1e40bad",
      "algorithm": "ed25519",
      "signature": "0e029b7ccfc0c7aa4b1294f7aa4d52f7b0785c6bd18d2d4d30fb8b740fd12ca087286e24b1c3dc8cbc14b795b21ff1c5d4861663701c12c7ab0e4737053e8501"
    }
  ]
}
