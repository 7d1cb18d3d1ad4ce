{
  "format": 1,
  "signatures": [
    {
      "key_id": "fa96a2ce2ccf2e14955233c1e6975713f627cfa45f5b8e69a30efeb0f1e40bad",
      "algorithm": "ed25519",
      "signature": "bb146efe331bf17de9ae0369f6da38ded2798fac3553b1f942a1f05fe181f7acacb508586ae2f54ad8a2e155b754d2614700a90f80b259c926dc8f80eb7aa80e"
    }
  ]
}
