//! Small copyable identities: no allocation, no hashing, ordered.

use core::fmt;

/// An ASCII string of at most `N` bytes, held inline.
#[derive(Clone, Copy, Eq, PartialOrd, Ord)]
pub struct Text<const N: usize> {
    len: u8,
    bytes: [u8; N],
}

/// Behind the text all bytes are zero, so that whole rooms are compared, in words and without a call: a dozen ids meet at each decision.
impl<const N: usize> PartialEq for Text<N> {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        let (Some(end), Some(other_end)) = (self.bytes.last_chunk::<WORD>(), other.bytes.last_chunk::<WORD>()) else {
            return self.as_bytes() == other.as_bytes();
        };
        let words = self.bytes.chunks_exact(WORD).zip(other.bytes.chunks_exact(WORD));
        self.len == other.len && words.fold(true, |same, (a, b)| same & (word(a) == word(b))) && word(end) == word(other_end)
    }
}

const WORD: usize = 16;

#[inline]
fn word(bytes: &[u8]) -> Option<u128> {
    bytes.first_chunk().copied().map(u128::from_ne_bytes)
}

impl<const N: usize> Text<N> {
    /// The empty text.
    pub const EMPTY: Self = Self { len: 0, bytes: [0; N] };

    /// Copies printable ASCII of at most `N` bytes; `None` for anything else.
    #[must_use]
    pub fn new(text: &[u8]) -> Option<Self> {
        if text.len() > N || !text.iter().all(u8::is_ascii_graphic) {
            return None;
        }
        let mut bytes = [0; N];
        bytes[..text.len()].copy_from_slice(text);
        Some(Self { len: u8::try_from(text.len()).ok()?, bytes })
    }

    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    /// All its bytes, and how many of them are the text.
    #[inline]
    #[must_use]
    pub fn room(&self) -> (&[u8; N], usize) {
        (&self.bytes, usize::from(self.len))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(self.as_bytes()).unwrap_or("")
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

impl<const N: usize> fmt::Debug for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

impl<const N: usize> fmt::Display for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A symbol name such as `BTCUSDT`; only unique together with its [`Category`].
pub type Symbol = Text<24>;
/// A coin name such as `USDT`.
pub type Coin = Text<16>;
/// The venue's order id (UUID on derivatives, 19 digits on spot).
pub type OrderId = Text<40>;
/// The venue's execution id: the key under which a fill applies once.
pub type ExecId = Text<40>;
/// Our own order id (`orderLinkId`), or anyone's: venue limit 45.
pub type ClientId = Text<45>;

/// The venue's product line. `BTCUSDT` exists once in each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Category {
    Linear,
    Spot,
}

impl Category {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Category::Linear => "linear",
            Category::Spot => "spot",
        }
    }

    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Category> {
        match text {
            b"linear" => Some(Category::Linear),
            b"spot" => Some(Category::Spot),
            _ => None,
        }
    }
}

/// The name of a field on the wire.
pub type FieldName = Text<32>;

/// The key of an instrument: `(category, symbol)`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct InstrumentId {
    pub category: Category,
    pub symbol: Symbol,
}

impl fmt::Display for InstrumentId {
    /// `linear.BTCUSDT`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.category.as_str(), self.symbol)
    }
}

/// A row of the account's instrument table: what every per-symbol vector is indexed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MarketIx(pub u16);

impl MarketIx {
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// One connection attempt; never reused, so a late frame of a dead socket cannot be taken for a live one's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConnId(pub u32);

/// One request (HTTP or trade socket), never reused within a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReqId(pub u64);
