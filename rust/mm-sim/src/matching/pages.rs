//! The prices of one side that orders stand at, in pages of neighbouring prices: a price is found by its page and its place in it, the
//! next one by the page's set of taken places.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::iter::from_fn;

use mm_core::units::{Lots, Side, Ticks};

use super::book::Owner;

/// Prices of a page: the bits of its set.
const PRICES: usize = 64;
/// Pages that are gone, whose memory the next pages take.
const MOST_SPARE: usize = 4;

/// The orders of one price.
#[derive(Clone, Debug, Default)]
pub(super) struct Level {
    pub(super) total: Lots,
    /// First come first; each owner once. A price has few orders.
    pub(super) queue: Vec<(Owner, Lots)>,
}

type Levels = Box<[Level; PRICES]>;

#[derive(Clone, Debug)]
struct Page {
    /// Its lowest price is this times [`PRICES`].
    number: i64,
    /// By place: the level has orders.
    taken: u64,
    levels: Levels,
}

impl Page {
    fn price(&self, place: usize) -> Ticks {
        Ticks((self.number << PRICES.trailing_zeros()) | place as i64)
    }
}

/// One side of a book, by price.
#[derive(Clone, Debug, Default)]
pub(super) struct Pages {
    /// Lowest first; none is empty.
    pages: Vec<Page>,
    spare: Vec<Levels>,
}

/// (page number, place in it)
fn split(price: Ticks) -> (i64, usize) {
    (price.0 >> PRICES.trailing_zeros(), (price.0 & (PRICES as i64 - 1)) as usize)
}

fn rising(mut taken: u64) -> impl Iterator<Item = usize> {
    from_fn(move || {
        let place = taken.trailing_zeros() as usize;
        taken &= taken.wrapping_sub(1);
        (place < PRICES).then_some(place)
    })
}

fn falling(taken: u64) -> impl Iterator<Item = usize> {
    rising(taken.reverse_bits()).map(|place| place ^ (PRICES - 1))
}

impl Pages {
    /// Where the page of a number is, or belongs. Pages mostly follow one another without a hole.
    fn find(&self, number: i64) -> Result<usize, usize> {
        let first = self.pages.first().map_or(number, |page| page.number);
        let likely = usize::try_from(number - first).unwrap_or(usize::MAX);
        match self.pages.get(likely) {
            Some(page) if page.number == number => Ok(likely),
            _ => self.pages.binary_search_by_key(&number, |page| page.number),
        }
    }

    /// The orders at a price, if there are any.
    pub(super) fn get(&self, price: Ticks) -> Option<&Level> {
        let (number, place) = split(price);
        let page = &self.pages[self.find(number).ok()?];
        (page.taken >> place & 1 == 1).then(|| &page.levels[place])
    }

    pub(super) fn get_mut(&mut self, price: Ticks) -> Option<&mut Level> {
        let (number, place) = split(price);
        let at = self.find(number).ok()?;
        let page = &mut self.pages[at];
        (page.taken >> place & 1 == 1).then(|| &mut page.levels[place])
    }

    /// Appends an order to the queue of its price.
    pub(super) fn push(&mut self, price: Ticks, owner: Owner, qty: Lots) {
        let (number, place) = split(price);
        let at = self.find(number).unwrap_or_else(|at| {
            let levels = self.spare.pop().unwrap_or_else(|| Box::new(core::array::from_fn(|_| Level::default())));
            self.pages.insert(at, Page { number, taken: 0, levels });
            at
        });
        let page = &mut self.pages[at];
        page.taken |= 1 << place;
        page.levels[place].total += qty;
        page.levels[place].queue.push((owner, qty));
    }

    /// Takes an owner's order out of the queue of its price.
    pub(super) fn take(&mut self, price: Ticks, owner: Owner) {
        let (number, place) = split(price);
        let Ok(at) = self.find(number) else { return };
        let page = &mut self.pages[at];
        let level = &mut page.levels[place];
        if let Some(order) = level.at(owner) {
            level.total -= level.queue.remove(order).1;
        }
        if level.queue.is_empty() {
            page.taken &= !(1 << place);
        }
        if page.taken == 0 {
            let Page { levels, .. } = self.pages.remove(at);
            if self.spare.len() < MOST_SPARE {
                self.spare.push(levels);
            }
        }
    }

    pub(super) fn lowest(&self) -> Option<Ticks> {
        self.pages.first().map(|page| page.price(page.taken.trailing_zeros() as usize))
    }

    pub(super) fn highest(&self) -> Option<Ticks> {
        self.pages.last().map(|page| page.price(PRICES - 1 - page.taken.leading_zeros() as usize))
    }

    /// Appends up to `count` prices with what stands there in all: the highest first for bids, the lowest for asks.
    pub(super) fn totals(&self, side: Side, count: usize, out: &mut Vec<(Ticks, Lots)>) {
        let mut left = count;
        for at in 0..self.pages.len() {
            let page = &self.pages[if side == Side::Buy { self.pages.len() - 1 - at } else { at }];
            // The set is read from its low end.
            let (mut taken, flip) = if side == Side::Buy { (page.taken.reverse_bits(), PRICES - 1) } else { (page.taken, 0) };
            let here = left.min(taken.count_ones() as usize);
            out.extend((0..here).map(|_| {
                let place = (taken.trailing_zeros() as usize ^ flip) % PRICES;
                taken &= taken.wrapping_sub(1);
                (page.price(place), page.levels[place].total)
            }));
            left -= here;
            if left == 0 {
                return;
            }
        }
    }

    /// Every price with its orders, the lowest first.
    pub(super) fn rising(&self) -> impl Iterator<Item = (Ticks, &Level)> {
        self.pages.iter().flat_map(|page| rising(page.taken).map(|place| (page.price(place), &page.levels[place])))
    }

    /// Every price with its orders, the highest first.
    pub(super) fn falling(&self) -> impl Iterator<Item = (Ticks, &Level)> {
        self.pages.iter().rev().flat_map(|page| falling(page.taken).map(|place| (page.price(place), &page.levels[place])))
    }
}

impl Level {
    pub(super) fn at(&self, owner: Owner) -> Option<usize> {
        self.queue.iter().position(|order| order.0 == owner)
    }
}
