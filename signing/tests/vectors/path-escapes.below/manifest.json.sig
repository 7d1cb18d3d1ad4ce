{
  "format": 1,
  "signatures": [
    {
      "key_id": "fa96a2ce2ccf2e14955233c1e6975713f627cfa45f5b8e69a30efeb0f1e40bad",
      "algorithm": "ed25519",
      "signature": "31ce14cdf1475650a64ab2caf36f277460cb8bb4affc3758a5329301b548eb41a699c6a501deb73335b67b72a7125e63d6efe2c8961ff6431d187aed5d675806"
    }
  ]
}
