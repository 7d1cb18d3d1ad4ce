//! Who is asking: the client's address, as nginx says it. Only nginx can reach our socket, and it sets the header itself,
//! whatever the client sent.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr};

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;

/// The client's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

impl ClientAddress {
    /// From the header `X-Real-IP`; without one, one address stands for all such clients.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let named = headers.get("x-real-ip").and_then(|value| value.to_str().ok()?.trim().parse::<IpAddr>().ok());
        Self(named.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |address| address.to_canonical()))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_address_that_nginx_names() {
        let mut headers = HeaderMap::new();
        assert_eq!(ClientAddress::of(&headers).0, "0.0.0.0".parse::<IpAddr>().unwrap());
        headers.insert("x-real-ip", "::ffff:192.0.2.7".parse().unwrap());
        assert_eq!(ClientAddress::of(&headers).0, "192.0.2.7".parse::<IpAddr>().unwrap());
        headers.insert("x-real-ip", "nonsense".parse().unwrap());
        assert_eq!(ClientAddress::of(&headers).0, "0.0.0.0".parse::<IpAddr>().unwrap());
    }
}
