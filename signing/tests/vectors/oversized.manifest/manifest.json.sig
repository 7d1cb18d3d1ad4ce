{
  "format": 1,
  "signatures": [
    {
      "key_id": "fa96a2ce2ccf2e14955233c1e6975713f627cfa45f5b8e69a30efeb0f1e40bad",
      "algorithm": "ed25519",
      "signature": "9bfbbea332f7e2dbeb3c6beaf78192a3fa3a5577e18ee6050bfb6d2d03b5595b3542477e896ec11b2cdfb33c11a09710b78597e9c49ab363518cd659a10f3e02"
    }
  ]
}
