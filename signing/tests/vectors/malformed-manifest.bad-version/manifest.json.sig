{
  "format": 1,
  "signatures": [
    {
      "key_id": "fa96a2ce2ccf2e14955233c1e6975713f627cfa45f5b8e69a30efeb0f1e40bad",
      "algorithm": "ed25519",
      "signature": "874db551b2dddd3f399c19708ad9e0d1756473decfb4e08448169a01a014cdfcca2a95d72c27ec98afc56d145300533e38c26ee1101b18407be67fdfebd73509"
    }
  ]
}
