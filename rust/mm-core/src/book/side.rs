//! One side of a book: a window of price slots next to the best level, and a sorted array for what lies further out.
//!
//! Keys: the price of a bid, the negated price of an ask, so that the best level of either side has the greatest key. Within the
//! window a change is one store and one bit, and finding the best levels is a scan of a few words; levels sit in a ring by key,
//! so moving the window moves only the levels that enter or leave it.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::iter::Rev;
use core::slice::Iter;

use crate::units::Lots;

/// Keys in the window: a side of a 200-level book of a liquid contract spans a few hundred. What lies further out is only slower.
const SPAN: i64 = 4096;
const SLOTS: usize = 4096;
/// Keys per word of the bit map; `low` is a multiple of it.
const WORD: i64 = 64;
const WORDS: usize = SLOTS / 64;
/// Where the best level stands after the window has moved: this far below its top.
const HEADROOM: i64 = SPAN / 8;

/// (key, size).
pub(super) type Level = (i64, Lots);

/// What every change of the window moves.
#[derive(Clone, Copy, Debug, Default)]
struct Edge {
    /// The lowest key of a word above which the window holds nothing: where looking for the best level begins.
    top: i64,
    /// How many levels the window holds.
    near: usize,
}

/// One side of a book.
#[derive(Clone, Debug)]
pub(super) struct HalfBook {
    /// The window covers `low..low + SPAN`; no level lies above it.
    low: i64,
    /// By key modulo [`SPAN`]; meaningful where `present` has a bit.
    sizes: Box<[Lots; SLOTS]>,
    present: [u64; WORDS],
    edge: Edge,
    /// Levels below `low`, ascending.
    far: Vec<Level>,
}

impl Default for HalfBook {
    fn default() -> Self {
        Self { low: 0, sizes: Box::new([Lots::ZERO; SLOTS]), present: [0; WORDS], edge: Edge::default(), far: Vec::new() }
    }
}

impl HalfBook {
    pub(super) fn len(&self) -> usize {
        self.edge.near + self.far.len()
    }

    pub(super) fn clear(&mut self) {
        self.present = [0; WORDS];
        self.edge = Edge { top: self.low, near: 0 };
        self.far.clear();
    }

    /// The greatest key.
    pub(super) fn best_key(&self) -> Option<i64> {
        self.iter().next().map(|level| level.0)
    }

    /// Best first.
    pub(super) fn iter(&self) -> Levels<'_> {
        Levels { half: self, word: self.edge.top + WORD, bits: 0, far: self.far.iter().rev(), left: self.len() }
    }

    /// Becomes exactly `levels`: best first, keys strictly falling, sizes positive.
    pub(super) fn replace(&mut self, levels: impl DoubleEndedIterator<Item = Level> + Clone) {
        self.clear();
        let Some((best, _)) = levels.clone().next() else {
            return;
        };
        self.low = low_for(best);
        self.edge.top = self.low;
        let low = self.low;
        levels.clone().take_while(|level| level.0 >= low).for_each(|(key, size)| self.place(key, size));
        self.far.extend(levels.rev().take_while(|level| level.0 < low));
    }

    /// Sets each level, or removes it if its size is zero.
    #[inline(always)]
    pub(super) fn apply(&mut self, levels: impl Iterator<Item = Level>) {
        // Kept out of memory meanwhile: every level needs both.
        let mut edge = self.edge;
        for (key, size) in levels {
            // Prices are bounded far inside 64 bits.
            if (0..SPAN).contains(&key.wrapping_sub(self.low)) {
                edge = place(&mut self.present, &mut self.sizes, edge, (key, size));
            } else {
                self.edge = edge;
                self.set_outside(key, size);
                edge = self.edge;
            }
        }
        self.edge = edge;
    }

    /// Sets a level outside the window.
    #[cold]
    fn set_outside(&mut self, key: i64, size: Lots) {
        if key < self.low {
            set_far(&mut self.far, key, size);
        } else if size != Lots::ZERO {
            self.raise(key);
            self.place(key, size);
        }
    }

    /// After changes: looks where the best level is now, and brings the window down again if that has come near its lower end.
    pub(super) fn settle(&mut self) {
        while self.edge.top > self.low && self.present[word_of(self.edge.top)] == 0 {
            self.edge.top -= WORD;
        }
        if self.far.is_empty() {
            return;
        }
        let Some(best) = self.best_key().filter(|&best| best < self.low + HEADROOM) else {
            return;
        };
        self.low = low_for(best);
        // An empty window moves further than its own length.
        self.edge.top = self.edge.top.min(self.low + SPAN - WORD);
        while let Some((key, size)) = self.far.pop_if(|level| level.0 >= self.low) {
            self.place(key, size);
        }
    }

    /// Stores a key of the window.
    fn place(&mut self, key: i64, size: Lots) {
        self.edge = place(&mut self.present, &mut self.sizes, self.edge, (key, size));
    }

    /// Moves the window up to hold `key`; what falls out below joins `far`, which it continues in order.
    #[cold]
    fn raise(&mut self, key: i64) {
        let low = low_for(key);
        let mut from = self.low;
        while from < low.min(self.low + SPAN) {
            let mut bits = core::mem::take(&mut self.present[word_of(from)]);
            while bits != 0 {
                let key = from + i64::from(bits.trailing_zeros());
                self.far.push((key, self.sizes[slot_of(key)]));
                self.edge.near -= 1;
                bits &= bits - 1;
            }
            from += WORD;
        }
        self.low = low;
    }
}

/// Stores a key of the window without a branch on what was there.
#[inline(always)]
fn place(present: &mut [u64; WORDS], sizes: &mut [Lots; SLOTS], edge: Edge, (key, size): Level) -> Edge {
    let (word, bit) = (word_of(key), key & (WORD - 1));
    let (was, is) = (present[word] >> bit & 1, u64::from(size != Lots::ZERO));
    present[word] = present[word] & !(1 << bit) | is << bit;
    sizes[slot_of(key)] = size;
    let top = if is == 1 { edge.top.max(key & -WORD) } else { edge.top };
    // Cannot wrap: what was there had been counted.
    Edge { top, near: edge.near.wrapping_add(is as usize).wrapping_sub(was as usize) }
}

/// The window's lower end that leaves [`HEADROOM`] above `best`.
fn low_for(best: i64) -> i64 {
    (best & -WORD) + HEADROOM - SPAN
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn slot_of(key: i64) -> usize {
    (key & (SPAN - 1)) as usize
}

fn word_of(key: i64) -> usize {
    slot_of(key) / 64
}

fn set_far(far: &mut Vec<Level>, key: i64, size: Lots) {
    let at = far.partition_point(|level| level.0 < key);
    match far.get_mut(at) {
        Some(level) if level.0 == key => {
            if size == Lots::ZERO {
                far.remove(at);
            } else {
                level.1 = size;
            }
        }
        _ if size == Lots::ZERO => {}
        _ => far.insert(at, (key, size)),
    }
}

/// The levels of a side, best first.
#[derive(Clone)]
pub(super) struct Levels<'a> {
    half: &'a HalfBook,
    /// The lowest key of the word that `bits` is what is left of.
    word: i64,
    bits: u64,
    far: Rev<Iter<'a, Level>>,
    left: usize,
}

impl Iterator for Levels<'_> {
    type Item = Level;

    #[inline]
    fn next(&mut self) -> Option<Level> {
        self.left = self.left.checked_sub(1)?;
        while self.bits == 0 {
            if self.word == self.half.low {
                return self.far.next().copied();
            }
            self.word -= WORD;
            self.bits = self.half.present[word_of(self.word)];
        }
        let bit = self.bits.ilog2();
        self.bits ^= 1 << bit;
        let key = self.word + i64::from(bit);
        Some((key, self.half.sizes[slot_of(key)]))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Levels<'_> {}
