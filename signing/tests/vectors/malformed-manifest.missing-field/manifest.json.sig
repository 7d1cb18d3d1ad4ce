{
  "format": 1,
  "signatures": [
    {
      "key_id": "fa96a2ce2ccf2e14955233c1e6975713f627cfa45f5b8e69a30efeb0f1e40bad",
      "algorithm": "ed25519",
      "signature": "6e76d286f3caf582dcc8042aa498ee4c60038db41560f9cf001267cb9ec7da110f507d887897b74f958a5f1d975f0926804a4f93ccca0321dc9caeddbaa71803"
    }
  ]
}
