//! Traffic counters of a link (`IFLA_STATS64`), cumulative since the link was made.

/// Bytes and packets that a link received and sent, with what went wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Bytes received.
    pub rx_bytes: u64,
    /// Bytes sent.
    pub tx_bytes: u64,
    /// Packets received.
    pub rx_packets: u64,
    /// Packets sent.
    pub tx_packets: u64,
    /// Bad packets received.
    pub rx_errors: u64,
    /// Packets that could not be sent.
    pub tx_errors: u64,
    /// Received packets that were thrown away.
    pub rx_dropped: u64,
    /// Packets thrown away on their way out.
    pub tx_dropped: u64,
}
