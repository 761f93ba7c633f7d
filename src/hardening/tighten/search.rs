//! Which measures are tried next, as a state machine that ends with a working set to which none of the others can be
//! added.
//!
//! A set that breaks the service also breaks it with more measures, so the measures are added in growing runs: the first
//! that breaks what worked before is found by bisection and left out, and the rest is tried again. Of a pair that only
//! breaks together, one is left out. The measures that a failed trial suspects are put at the end, and first tried
//! without.
//!
//! For `k` measures left out of `n`, this takes at most `1 + k * (ROUNDS + 2 + log2 n)` trials.

use std::collections::BTreeSet;

/// Places of measures.
pub type Set = BTreeSet<usize>;

/// How many trials in a row can name suspects.
pub const ROUNDS: usize = 3;

/// The search for the largest working set.
#[derive(Debug, Clone)]
pub struct Search {
    /// For each measure, those that it implies.
    implies: Vec<Set>,
    works: Set,
    /// Undecided, in the order in which they are added.
    rest: Vec<usize>,
    /// With the number of the trial that failed because of it.
    left_out: Vec<(usize, usize)>,
    stage: Stage,
    trials: usize,
}

#[derive(Debug, Clone)]
enum Stage {
    /// Everything that is not left out.
    Whole,
    Bisection(Bisection),
    Done,
}

/// `low` of the rest work, `high` fail.
#[derive(Debug, Clone, Copy)]
struct Bisection {
    low: usize,
    high: usize,
    /// The trial that failed with `high`.
    broken_by: usize,
    /// How many are tried next.
    next: usize,
    /// How many suspects follow those, before the measures that imply one.
    suspects: usize,
    rounds: usize,
}

impl Search {
    /// `implies` contains for each measure the places of those that it implies, which are lower.
    pub fn new(implies: Vec<Set>) -> Search {
        let rest: Vec<usize> = (0..implies.len()).collect();
        let stage = if rest.is_empty() { Stage::Done } else { Stage::Whole };
        Search { implies, works: Set::new(), rest, left_out: Vec::new(), stage, trials: 0 }
    }

    /// All measures together are known to fail.
    pub fn of_broken(implies: Vec<Set>, suspects: &[usize]) -> Search {
        let mut search = Search::new(implies);
        search.record(false, suspects);
        search.trials = 0;
        search
    }

    /// The set to try; `None` at the end.
    pub fn next(&self) -> Option<Set> {
        let length = match &self.stage {
            Stage::Whole => self.rest.len(),
            Stage::Bisection(bisection) => bisection.next,
            Stage::Done => return None,
        };
        Some(self.works.iter().chain(&self.rest[..length]).copied().collect())
    }

    /// Continues with the result of that trial; `suspects` are the measures that can have made it fail.
    pub fn record(&mut self, works: bool, suspects: &[usize]) {
        let trial = self.trials;
        self.trials += 1;
        match std::mem::replace(&mut self.stage, Stage::Done) {
            Stage::Whole if works => self.works.extend(self.rest.drain(..)),
            Stage::Whole => {
                let whole =
                    Bisection { low: 0, high: self.rest.len(), broken_by: trial, next: 0, suspects: 0, rounds: 0 };
                self.suspect(whole, suspects);
            }
            Stage::Bisection(it) if works => {
                let next = if it.suspects > 0 { it.next + it.suspects } else { it.next.midpoint(it.high) };
                self.bisect(Bisection { low: it.next, next, suspects: 0, ..it });
            }
            Stage::Bisection(it) => self.suspect(Bisection { high: it.next, broken_by: trial, ..it }, suspects),
            Stage::Done => {}
        }
    }

    /// Moves suspects among the undecided to the end, followed by the measures that imply them, to try without them.
    fn suspect(&mut self, it: Bisection, suspects: &[usize]) {
        let range = &mut self.rest[it.low..it.high];
        let implies = &self.implies;
        let rank = |one: &usize| match suspects.contains(one) {
            true => 1,
            false if implies[*one].iter().any(|other| suspects.contains(other)) => 2,
            false => 0,
        };
        range.sort_by_key(rank);
        let count = |wanted: u8| range.iter().filter(|one| rank(one) == wanted).count();
        let (others, suspects) = (count(0), count(1));
        let next = match (others, suspects) {
            (_, 0) => it.low.midpoint(it.high),
            _ if it.rounds >= ROUNDS => it.low.midpoint(it.high),
            (0, _) => it.low + suspects,
            _ => it.low + others,
        };
        let suspects = if others > 0 && next == it.low + others { suspects } else { 0 };
        let rounds = it.rounds + 1;
        self.bisect(Bisection { next, suspects, rounds, ..it });
    }

    fn bisect(&mut self, it: Bisection) {
        if it.high - it.low > 1 {
            let next = if it.next > it.low && it.next < it.high { it.next } else { it.low.midpoint(it.high) };
            self.stage = Stage::Bisection(Bisection { next, ..it });
            return;
        }
        let culprit = self.rest[it.low];
        self.works.extend(self.rest.drain(..it.low));
        let is_gone = |one: &usize| *one == culprit || self.implies[*one].contains(&culprit);
        self.left_out.push((culprit, it.broken_by));
        let implying = self.rest.iter().filter(|one| **one != culprit && is_gone(one));
        self.left_out.extend(implying.map(|one| (*one, it.broken_by)));
        self.rest.retain(|one| !is_gone(one));
        self.stage = if self.rest.is_empty() { Stage::Done } else { Stage::Whole };
    }

    /// What is known to work.
    pub fn works(&self) -> &Set {
        &self.works
    }

    /// In the order in which they were found, each with the number of the trial, from 0, that failed because of it.
    pub fn left_out(&self) -> &[(usize, usize)] {
        &self.left_out
    }

    pub fn trials(&self) -> usize {
        self.trials
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Runs a search; each of the sets breaks a trial that contains it. `guess` returns the suspects of a failed trial.
    fn found(implies: &[Set], breaking: &[Set], guess: impl Fn(&Set) -> Vec<usize>) -> Search {
        let mut search = Search::new(implies.to_vec());
        while let Some(tried) = search.next() {
            let works = works(implies, breaking, &tried);
            let suspects = if works { Vec::new() } else { guess(&tried) };
            search.record(works, &suspects);
        }
        search
    }

    fn works(implies: &[Set], breaking: &[Set], tried: &Set) -> bool {
        let all: Set = tried.iter().flat_map(|one| implies[*one].iter().chain([one])).copied().collect();
        !breaking.iter().any(|set| set.is_subset(&all))
    }

    /// Suspects exactly what broke.
    fn exact(breaking: &[Set]) -> impl Fn(&Set) -> Vec<usize> {
        let breaking = breaking.to_vec();
        move |tried| breaking.iter().find(|set| set.is_subset(tried)).into_iter().flatten().copied().collect()
    }

    fn set(places: &[usize]) -> Set {
        places.iter().copied().collect()
    }

    fn bound(measures: usize, left_out: usize) -> usize {
        let halvings = measures.next_power_of_two().ilog2() as usize;
        1 + left_out * (ROUNDS + 2 + halvings)
    }

    #[test]
    fn without_a_failure_one_trial_is_enough() {
        let search = found(&vec![Set::new(); 26], &[], |_| Vec::new());
        assert_eq!((search.works().len(), search.left_out(), search.trials()), (26, &[][..], 1));
        assert_eq!(found(&[], &[], |_| Vec::new()).trials(), 0);
    }

    #[test]
    fn suspected_culprit_takes_two_trials_and_any_other_a_few() {
        let breaking = [set(&[17])];
        let named = found(&vec![Set::new(); 26], &breaking, exact(&breaking));
        assert_eq!((named.left_out(), named.trials()), (&[(17, 0)][..], 2));
        let silent = found(&vec![Set::new(); 26], &breaking, |_| Vec::new());
        assert_eq!((silent.left_out()[0].0, silent.works().len()), (17, 25));
        assert!(silent.trials() <= 7, "{}", silent.trials());
    }

    #[test]
    fn measures_that_imply_a_culprit_are_left_out_with_it() {
        // All that follow imply 3, as filters of system calls imply `NoNewPrivileges=`.
        let implies: Vec<Set> = (0..20).map(|place| if place > 3 { set(&[3]) } else { Set::new() }).collect();
        let breaking = [set(&[3])];
        let named = found(&implies, &breaking, exact(&breaking));
        assert_eq!((named.works(), named.trials()), (&set(&[0, 1, 2]), 3));
        let silent = found(&implies, &breaking, |_| Vec::new());
        assert_eq!((silent.works(), silent.left_out().len()), (&set(&[0, 1, 2]), 17));
        assert!(silent.trials() <= 6, "{}", silent.trials());
    }

    #[test]
    fn of_a_pair_that_breaks_together_one_is_left_out() {
        let breaking = [set(&[2, 9])];
        for guess in [true, false] {
            let search =
                found(
                    &vec![Set::new(); 12],
                    &breaking,
                    |tried| {
                        if guess { exact(&breaking)(tried) } else { Vec::new() }
                    },
                );
            assert_eq!((search.works().len(), search.left_out().len()), (11, 1));
        }
    }

    proptest! {
        #[test]
        fn result_is_maximal_and_trials_are_few(
            measures in 1usize..40,
            sets in proptest::collection::vec(proptest::collection::btree_set(0usize..40, 1..3), 0..5),
            heads in proptest::collection::vec((0usize..40, 0usize..40), 0..12),
            guesses in proptest::collection::vec(0usize..40, 0..4),
            talks in 0u8..3,
        ) {
            let breaking: Vec<Set> = sets.into_iter()
                .map(|set| set.into_iter().map(|place| place % measures).collect()).collect();
            let mut implies = vec![Set::new(); measures];
            for (of, head) in heads {
                let (of, head) = (of % measures, head % measures);
                if head < of && implies[head].is_empty() {
                    implies[of].insert(head);
                }
            }
            // Implied measures imply nothing themselves.
            let heads: Set = implies.iter().flatten().copied().collect();
            heads.iter().for_each(|head| implies[*head].clear());
            let search = found(&implies, &breaking, |tried| match talks {
                0 => Vec::new(),
                1 => exact(&breaking)(tried),
                // Misleading.
                _ => guesses.iter().map(|place| place % measures).collect(),
            });
            prop_assert!(works(&implies, &breaking, search.works()));
            for (one, _) in search.left_out() {
                let more: Set = search.works().iter().copied().chain([*one]).collect();
                prop_assert!(!works(&implies, &breaking, &more), "{one} was left out without need: {search:?}");
            }
            prop_assert_eq!(search.works().len() + search.left_out().len(), measures);
            prop_assert!(search.trials() <= bound(measures, search.left_out().len()), "{search:?}");
        }
    }
}
