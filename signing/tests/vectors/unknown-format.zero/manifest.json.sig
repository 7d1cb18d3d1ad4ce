{
  "format": 1,
  "signatures": [
    {
      "key_id": "fa96a2ce2ccf2e14955233c1e6975713f627cfa45f5b8e69a30efeb0f1e40bad",
      "algorithm": "ed25519",
      "signature": "817e3200c607195244108ac089350ac46347e457977946b818b7c85677f2c7277c235050a9f5cfeaddda90f9af3aa52a471faba6f6d00cd29ebc32c140175a09"
    }
  ]
}
