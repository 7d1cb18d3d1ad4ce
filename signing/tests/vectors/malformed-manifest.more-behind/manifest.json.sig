{
  "format": 1,
  "signatures": [
    {
      "key_id": "fa96a2ce2ccf2e14955233c1e6975713f627cfa45f5b8e69a30efeb0f1e40bad",
      "algorithm": "ed25519",
      "signature": "d8958fbc2e42c77b51f1e26d6dc2a9733ff88f94a8fe219b3e44eb6416cf41a362b91f9dfa087e30b14ec3696e31d4e59ae9c751bf26fa86afefb997bdfd9806"
    }
  ]
}
