//! The one source of chance of a simulated cluster: xoshiro256**, seeded. Equal seeds give equal clusters, so it is
//! written here and never replaced by a library whose stream may change.

/// The letters of generated names; Kubernetes leaves out what could spell a word.
const SAFE: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

/// A stream of chance.
#[derive(Clone, Debug)]
pub(crate) struct Random {
    state: [u64; 4],
}

impl Random {
    /// A stream that depends on nothing but its seed.
    pub(crate) fn new(seed: u64) -> Self {
        let mut word = seed;
        Self { state: std::array::from_fn(|_| split_mix(&mut word)) }
    }

    fn next(&mut self) -> u64 {
        let [a, b, c, d] = &mut self.state;
        let out = b.wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let shifted = *b << 17;
        *c ^= *a;
        *d ^= *b;
        *b ^= *c;
        *a ^= *d;
        *c ^= shifted;
        *d = d.rotate_left(45);
        out
    }

    /// A number below `bound`; 0 when the bound is 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        if bound == 0 { 0 } else { (self.next() % bound as u64) as usize }
    }

    /// A number from 0 up to 1.
    pub(crate) fn fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A version 4 UUID.
    pub(crate) fn uuid(&mut self) -> String {
        let high = self.next() & !0xf000 | 0x4000;
        let low = self.next() & !(0b11 << 62) | 0b10 << 62;
        format!(
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            high >> 32,
            high >> 16 & 0xffff,
            high & 0xffff,
            low >> 48,
            low & 0xffff_ffff_ffff
        )
    }

    /// A random end of a generated name.
    pub(crate) fn suffix(&mut self, length: usize) -> String {
        (0..length).map(|_| char::from(SAFE[self.below(SAFE.len())])).collect()
    }

    /// Random hexadecimal digits.
    pub(crate) fn hex(&mut self, length: usize) -> String {
        (0..length).map(|_| char::from(b"0123456789abcdef"[self.below(16)])).collect()
    }
}

/// A number that depends on nothing but its arguments: for what must not depend on the order of other events.
pub(crate) fn hash(seed: u64, text: &str) -> u64 {
    let mut word = text.bytes().fold(seed ^ 0xcbf2_9ce4_8422_2325, |sum, byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    split_mix(&mut word)
}

/// The same as a fraction from 0 up to 1.
pub(crate) fn fraction(seed: u64, text: &str) -> f64 {
    (hash(seed, text) >> 11) as f64 / (1_u64 << 53) as f64
}

/// The hash of a pod template as ten safe letters, as in a replica set's name.
pub(crate) fn name_hash(text: &str) -> String {
    let mut rest = hash(0, text);
    (0..10)
        .map(|_| {
            let letter = SAFE[(rest % SAFE.len() as u64) as usize];
            rest /= SAFE.len() as u64;
            char::from(letter)
        })
        .collect()
}

fn split_mix(word: &mut u64) -> u64 {
    *word = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut out = *word;
    out = (out ^ out >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    out = (out ^ out >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    out ^ out >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_seeds_give_equal_streams_and_valid_uuids() {
        let (mut left, mut right) = (Random::new(7), Random::new(7));
        let uuid = left.uuid();
        assert_eq!(uuid, right.uuid());
        assert_ne!(uuid, left.uuid());
        assert_eq!(uuid.len(), 36);
        assert_eq!(&uuid[14..15], "4");
        assert!("89ab".contains(&uuid[19..20]));
    }
}
