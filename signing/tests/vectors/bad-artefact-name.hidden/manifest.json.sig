{
  "format": 1,
  "signatures": [
    {
      "key_id": "fa96a2ce2ccf2e14955233c1e6975713f627cfa45f5b8e69a30efeb0f1e40bad",
      "algorithm": "ed25519",
      "signature": "d9c3c7c513618a81813dedb864aaf50db6e18884c9d811519e01a152fbc3785c3d4f414808e46d4e2dbe03ce6c7ded2ae0475efc68351c60f7326c2ea1fdc202"
    }
  ]
}
