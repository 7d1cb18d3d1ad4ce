{
  "format": 1,
  "signatures": [
    {
      "key_id": "fa96a2ce2ccf2e14955233c1e6975713f627cfa45f5b8e69a30efeb0f1e40bad",
      "algorithm": "ed25519",
      "signature": "bd12f28e3aece1972d7365bbeae7534e2bbbaa638acda91e32f941312658980e443d29956b6718c8d37519765f12f9fa0e3adc0590f29ad967b10b3d415b6f05"
    }
  ]
}
