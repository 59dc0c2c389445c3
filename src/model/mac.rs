//! Link-layer addresses. Ethernet's six bytes mostly, but tunnels have 4 or 16 and InfiniBand 20.

use std::fmt;
use std::str::FromStr;

/// Longest link-layer address the kernel knows (`MAX_ADDR_LEN`), in bytes.
const MAX_LEN: usize = 32;

/// A link-layer address of 0 to 32 bytes, printed as lower-case hex pairs joined by colons.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MacAddr {
    bytes: [u8; MAX_LEN],
    len: u8,
}

impl MacAddr {
    /// Takes the bytes of `IFLA_ADDRESS`; `None` when there are none or more than the kernel allows.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let len = u8::try_from(bytes.len()).ok()?;
        if bytes.is_empty() || bytes.len() > MAX_LEN {
            return None;
        }
        let mut all = [0; MAX_LEN];
        all[..bytes.len()].copy_from_slice(bytes);
        Some(Self { bytes: all, len })
    }

    /// The address as it goes over the wire.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    /// Whether this is an Ethernet address (EUI-48).
    pub fn is_ethernet(&self) -> bool {
        self.len == 6
    }

    /// Whether an Ethernet interface can have this address: six bytes, not all zero, not multicast
    /// (`is_valid_ether_addr` of linux/etherdevice.h).
    pub fn is_usable(&self) -> bool {
        self.is_ethernet() && self.bytes[0] & 1 == 0 && self.as_bytes() != [0; 6]
    }

    /// Whether the U/L bit (second lowest of the first byte, IEEE 802 §8.2) says that the address
    /// was given locally instead of by a manufacturer. Only meaningful for Ethernet.
    pub fn is_locally_administered(&self) -> bool {
        self.is_ethernet() && self.bytes[0] & 2 != 0
    }
}

impl From<[u8; 6]> for MacAddr {
    fn from(mac: [u8; 6]) -> Self {
        let mut bytes = [0; MAX_LEN];
        bytes[..6].copy_from_slice(&mac);
        Self { bytes, len: 6 }
    }
}

impl FromStr for MacAddr {
    type Err = String;

    /// Reads hex pairs joined by `:` or `-`.
    fn from_str(text: &str) -> Result<Self, String> {
        let parts: Option<Vec<u8>> = text.split([':', '-']).map(hex_pair).collect();
        parts
            .and_then(|bytes| Self::from_bytes(&bytes))
            .ok_or_else(|| format!("'{text}' is not a MAC address like 02:42:c0:a8:80:de"))
    }
}

/// Two hex digits and nothing else: `from_str_radix` alone would take a sign.
fn hex_pair(text: &str) -> Option<u8> {
    let digits = text.len() == 2 && text.bytes().all(|b| b.is_ascii_hexdigit());
    if digits { u8::from_str_radix(text, 16).ok() } else { None }
}

impl fmt::Display for MacAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::with_capacity(usize::from(self.len) * 3);
        for (i, byte) in self.as_bytes().iter().enumerate() {
            if i > 0 {
                text.push(':');
            }
            text.push(char::from_digit(u32::from(byte >> 4), 16).unwrap_or('?'));
            text.push(char::from_digit(u32::from(byte & 15), 16).unwrap_or('?'));
        }
        f.pad(&text)
    }
}

impl fmt::Debug for MacAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_bytes_agree() {
        let mac: MacAddr = "02:42:C0-a8-80:de".parse().unwrap();
        assert_eq!(mac.to_string(), "02:42:c0:a8:80:de");
        assert!(mac.is_locally_administered());
        assert!(mac.is_usable());
        for unusable in ["00:00:00:00:00:00", "01:00:5e:00:00:01", "02:42:c0:a8:80"] {
            assert!(!unusable.parse::<MacAddr>().unwrap().is_usable(), "{unusable}");
        }
        assert_eq!(MacAddr::from_bytes(&[]), None);
        assert_eq!(MacAddr::from_bytes(&[0; 33]), None);
        assert!("0:1:2".parse::<MacAddr>().is_err());
        assert!("+1:02:03:04:05:06".parse::<MacAddr>().is_err());
    }
}
