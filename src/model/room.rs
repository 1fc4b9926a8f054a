//! What pods take of a node beside cpu and memory requests, and what all of a node's pods take together. Sums stay
//! exact however absurd the amounts are. It judges nothing.

use std::sync::Arc;

use super::text::Str;

/// What the pods of one template may use at most of a resource.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Limit {
    /// Effective limits, by the same rules as requests; of the containers that have one.
    pub most: i64,
    /// Whether a container has none, and so may use all that there is.
    pub open: bool,
}

/// What a pod takes beside its requests of cpu and memory. Few templates differ in it, so that it is kept once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Room {
    /// In thousandths of a core.
    pub cpu_limit: Limit,
    /// In bytes.
    pub memory_limit: Limit,
    /// Effective requests of local disk in bytes.
    pub storage: i64,
    /// Effective limits of local disk in bytes.
    pub storage_limit: i64,
    /// Effective requests of all other resources by name, sorted: devices, huge pages. Their limits are the same, or
    /// the API server would not have taken the pod.
    pub extended: Box<[(Str, i64)]>,
}

/// A sum that neither overflows nor forgets: what is added can always be taken away again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum(i128);

impl Sum {
    /// The sum, or the end of what a number can be.
    pub fn get(self) -> i64 {
        self.0.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64
    }

    pub(super) fn alter(&mut self, amount: i64, way: Way) {
        match way {
            Way::In => self.0 += i128::from(amount),
            Way::Out => self.0 -= i128::from(amount),
        }
    }
}

/// Whether a pod is counted in or out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    In,
    Out,
}

/// What the pods of a node add up to in one resource that may be limited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Of the containers that have one.
    pub most: Sum,
    /// How many pods have a container without one.
    pub open: u32,
}

impl Limits {
    fn alter(&mut self, limit: Limit, way: Way) {
        self.most.alter(limit.most, way);
        match way {
            Way::In => self.open += u32::from(limit.open),
            Way::Out => self.open -= u32::from(limit.open),
        }
    }
}

/// What the pods of a node add up to beside their requests of cpu and memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoomLoad {
    /// In thousandths of a core.
    pub cpu: Limits,
    /// In bytes.
    pub memory: Limits,
    /// Requests of local disk in bytes.
    pub storage: Sum,
    /// Limits of local disk in bytes.
    pub storage_limit: Sum,
    /// Requests of other resources, by name, sorted; one that no pod asks for is not in it.
    extended: Vec<(Str, Sum, u32)>,
}

impl RoomLoad {
    pub(super) fn alter(&mut self, room: &Arc<Room>, way: Way) {
        self.cpu.alter(room.cpu_limit, way);
        self.memory.alter(room.memory_limit, way);
        self.storage.alter(room.storage, way);
        self.storage_limit.alter(room.storage_limit, way);
        for (name, amount) in &room.extended {
            self.alter_extended(name, *amount, way);
        }
    }

    fn alter_extended(&mut self, name: &Str, amount: i64, way: Way) {
        let found = self.extended.binary_search_by(|(known, ..)| known.cmp(name));
        let at = match (found, way) {
            (Ok(at), _) => at,
            (Err(at), Way::In) => {
                self.extended.insert(at, (Str::clone(name), Sum::default(), 0));
                at
            }
            (Err(_), Way::Out) => return,
        };
        let (_, sum, pods) = &mut self.extended[at];
        sum.alter(amount, way);
        match way {
            Way::In => *pods += 1,
            Way::Out => *pods -= 1,
        }
        if *pods == 0 {
            self.extended.remove(at);
        }
    }

    /// Requests of another resource.
    pub fn of(&self, name: &str) -> i64 {
        self.extended.iter().find(|(known, ..)| **known == *name).map_or(0, |(_, sum, _)| sum.get())
    }

    /// The other resources that are asked for, by name.
    pub fn names(&self) -> impl Iterator<Item = &Str> {
        self.extended.iter().map(|(name, ..)| name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_absurd_is_cut_where_it_is_read_and_can_be_taken_away_again() {
        let mut sum = Sum::default();
        sum.alter(5, Way::In);
        for _ in 0..100 {
            sum.alter(i64::MAX, Way::In);
        }
        assert_eq!(sum.get(), i64::MAX);
        for _ in 0..100 {
            sum.alter(i64::MAX, Way::Out);
        }
        assert_eq!(sum.get(), 5);
    }

    #[test]
    fn a_resource_that_nobody_asks_for_any_more_is_forgotten() {
        let room = |names: &[(&str, i64)]| {
            let extended = names.iter().map(|(name, amount)| (Str::from(*name), *amount)).collect();
            Arc::new(Room { extended, ..Room::default() })
        };
        let (one, other) =
            (room(&[("nvidia.com/gpu", 2)]), room(&[("hugepages-2Mi", 4), ("nvidia.com/gpu", 1)]));
        let mut load = RoomLoad::default();
        load.alter(&one, Way::In);
        load.alter(&other, Way::In);
        assert_eq!((load.of("nvidia.com/gpu"), load.of("hugepages-2Mi")), (3, 4));
        load.alter(&other, Way::Out);
        assert_eq!((load.of("nvidia.com/gpu"), load.names().count()), (2, 1));
        load.alter(&one, Way::Out);
        assert_eq!(load, RoomLoad::default());
    }
}
