{
  "format": 1,
  "signatures": [
    {
      "key_id": "fa96a2ce2ccf2e14955233c1e6975713f627cfa45f5b8e69a30efeb0f1e40bad",
      "algorithm": "ed25519",
      "signature": "0f1b049854bbe4e8f7a0cca8dc322d2711e7edb6997cbb2629e13e66ba5ace9d5167458b195b88aa83e3cbe9a728c583824318575719a198c08e45003ebf6307"
    }
  ]
}
