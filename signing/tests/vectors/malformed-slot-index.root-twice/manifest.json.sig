{
  "format": 1,
  "signatures": [
    {
      "key_id": "fa96a2ce2ccf2e14955233c1e6975713f627cfa45f5b8e69a30efeb0f1e40bad",
      "algorithm": "ed25519",
      "signature": "e198d69669d5d80bc5a1439b13766ebaf3c258cc629519993347289c15d64399823cbc0197302a61991d22be9f155d66ca518b101d0551a8f5df3aeec39d9602"
    }
  ]
}
