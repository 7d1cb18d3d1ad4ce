{
  "format": 1,
  "signatures": [
    {
      "key_id": "fa96a2ce2ccf2e14955233c1e6975713f627cfa45f5b8e69a30efeb0f1e40bad",
      "algorithm": "ed25519",
      "signature": "0c0d353fffd3dd7a63cd73b2ea86e2227378b37db262ab13cae9ddc78f369ca4b7233895be8d090e498547af8dc44c191f79a40c99423cd79c5474e4bbc40106"
    }
  ]
}
