untrusted comment: signature
