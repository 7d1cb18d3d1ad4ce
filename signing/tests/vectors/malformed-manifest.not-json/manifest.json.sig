{
  "format": 1,
  "signatures": [
    {
      "key_id": "fa96a2ce2ccf2e14955233c1e6975713f627cfa45f5b8e69a30efeb0f1e40bad",
      "algorithm": "ed25519",
      "signature": "1c0d76c219a0f15f66addc31e28bb98550cf96a0c5ed7af6d976beaf24ea3e864f06194a6b9d803dc0a424725a79546ffa049e456f8ba98c0a4fbec60192990a"
    }
  ]
}
