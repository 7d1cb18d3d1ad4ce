{
  "format": 1,
  "signatures": [
    {
      "key_id": "fa96a2ce2ccf2e14955233c1e6975713f627cfa45f5b8e69a30efeb0f1e40bad",
      "algorithm": "ed25519",
      "signature": "a00a87fc5be751d9fa6f56c7138af1ee409b6d25fe7b58ad56039202a9f1c8c6a2eb725fee52825b932dc6ffa12dacdd677b83e44783415c7a96352240f4c506"
    }
  ]
}
