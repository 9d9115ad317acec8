//! Repeatable randomness: every fact of the simulated account is a hash of the seed, a purpose and a key.
//!
//! Nothing is stored that can be computed again, so a million users cost no memory of their own.
//!
//! **Invariant:** a draw depends on the seed, the purpose and the key alone, never on the order of requests.

/// What a draw is for; two purposes never share their draws.
#[derive(Debug, Clone, Copy)]
#[repr(u64)]
pub(crate) enum DrawPurpose {
    Account = 1,
    SidHigh,
    SidLow,
    Degree,
    Pick,
    Order,
    ChannelShape,
    ChannelText,
    ChannelDate,
    Messages,
    MessageText,
    MembershipStatus,
    MembershipHorizon,
    MembershipLevel,
    MemberText,
    MemberDate,
    UserText,
    UserDate,
    UserRole,
    Fault,
    Selection,
    RequestId,
    Created,
    Drift,
    AccessToken,
    Binding,
    Media,
}

/// A source of draws, made from the seed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Draws {
    seed: u64,
}

impl Draws {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed: finish(seed ^ 0x6A09_E667_F3BC_C909) }
    }

    /// 64 bits for this purpose and key.
    pub(crate) fn draw(self, purpose: DrawPurpose, key: u64) -> u64 {
        let lane = finish(self.seed ^ (purpose as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        finish(lane.wrapping_add(key.wrapping_mul(0xD1B5_4A32_D192_ED03)))
    }

    /// 64 bits for this purpose and a key of two parts.
    pub(crate) fn draw2(self, purpose: DrawPurpose, first: u64, second: u64) -> u64 {
        self.draw(purpose, finish(first.wrapping_add(0x2545_F491_4F6C_DD1D)) ^ second)
    }
}

/// Spreads a draw over `0..limit`; 0 for a limit of 0.
pub(crate) fn below(draw: u64, limit: u32) -> u32 {
    u32::try_from(((draw >> 32) * u64::from(limit)) >> 32).unwrap_or(0)
}

/// Whether a draw falls into a share of all draws (0.0 to 1.0).
#[expect(clippy::cast_precision_loss, reason = "a probability needs no more than 52 bits")]
pub(crate) fn happens(draw: u64, share: f64) -> bool {
    (draw >> 12) as f64 / ((1_u64 << 52) as f64) < share
}

/// A further draw from one already made.
pub(crate) fn next(draw: u64) -> u64 {
    finish(draw.wrapping_add(0x9E37_79B9_7F4A_7C15))
}

/// A hash of a text, for requests as keys.
pub(crate) fn text(text: &str) -> u64 {
    let hash = text.bytes().fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
    });
    finish(hash)
}

/// The finalizer of `SplitMix64`: a bijection that spreads every bit.
fn finish(mut value: u64) -> u64 {
    value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}
