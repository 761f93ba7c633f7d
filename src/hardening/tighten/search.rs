//! Which measures are tried next: the strategy, as a state machine. It is told how each trial went, and ends with a
//! set that works, to which no measure that was left out can be added.
//!
//! It rests on two things: nothing at all is known to work, and what breaks with some measures breaks with more. Then
//! measures are added in growing runs: the first that breaks what worked before it is found by bisection, is left out,
//! and the rest is tried again. So a pair that only breaks together loses one of its two. A trial that tells what it
//! stumbled over is believed first: the suspects are taken out together, and only then looked at one by one.
//!
//! With `k` measures left out of `n`, that takes at most `1 + k * (ROUNDS + 2 + log2 n)` trials.

use std::collections::BTreeSet;

/// A set of measures, by their places.
pub type Set = BTreeSet<usize>;

/// How often in a row suspects are believed.
pub const ROUNDS: usize = 3;

/// The search for the largest set that works.
#[derive(Debug, Clone)]
pub struct Search {
    /// For each measure, those that it brings along, whether they are in the set or not.
    implies: Vec<Set>,
    /// Known to work together.
    works: Set,
    /// Not decided yet, in the order in which they are added.
    rest: Vec<usize>,
    /// Left out: each with the number of the trial that told against it. Those that went along with one have its.
    left_out: Vec<(usize, usize)>,
    stage: Stage,
    /// How many trials were told of.
    trials: usize,
}

#[derive(Debug, Clone)]
enum Stage {
    /// All that is not left out.
    Whole,
    /// All but suspects; those that were named, and with them those that bring them along.
    Without {
        named: Vec<usize>,
        suspects: Set,
        rounds: usize,
        broken_by: usize,
    },
    /// Runs of `rest`: `low` of them work, `high` do not, by that trial. The next length, where it is not the middle.
    Runs {
        low: usize,
        high: usize,
        broken_by: usize,
        next: Option<usize>,
    },
    Done,
}

impl Search {
    /// Begins with all measures. `implies` holds for each the places of those that it brings along; a measure comes
    /// after those.
    pub fn new(implies: Vec<Set>) -> Search {
        let rest: Vec<usize> = (0..implies.len()).collect();
        let stage = if rest.is_empty() { Stage::Done } else { Stage::Whole };
        Search { implies, works: Set::new(), rest, left_out: Vec::new(), stage, trials: 0 }
    }

    /// Begins where all measures together are known not to work.
    pub fn of_broken(implies: Vec<Set>, suspects: &[usize]) -> Search {
        let mut search = Search::new(implies);
        search.tell(false, suspects);
        search.trials = 0;
        search
    }

    /// The set to try next; `None` when it is found.
    pub fn next(&self) -> Option<Set> {
        let run = |length: usize| self.works.iter().chain(&self.rest[..length]).copied().collect();
        match &self.stage {
            Stage::Whole => Some(run(self.rest.len())),
            Stage::Without { suspects, .. } => Some(&run(self.rest.len()) - suspects),
            Stage::Runs { low, high, next, .. } => Some(run(next.unwrap_or(low.midpoint(*high)))),
            Stage::Done => None,
        }
    }

    /// Takes in how the trial of that set went; `suspects` are the measures that its words speak against.
    pub fn tell(&mut self, works: bool, suspects: &[usize]) {
        let trial = self.trials;
        self.trials += 1;
        match std::mem::replace(&mut self.stage, Stage::Done) {
            Stage::Whole if works => self.works.extend(self.rest.drain(..)),
            Stage::Whole => self.doubt(Vec::new(), suspects, 0, trial, trial),
            Stage::Without { suspects, named, broken_by, .. } if works => {
                let (suspected, cleared) =
                    self.rest.iter().copied().partition::<Vec<_>, _>(|one| suspects.contains(one));
                self.works.extend(cleared);
                // Those that were named first: what brings them along goes with them.
                let others = suspected.iter().copied().filter(|one| !named.contains(one));
                self.rest = suspected.iter().copied().filter(|one| named.contains(one)).chain(others).collect();
                let next = Some(named.len()).filter(|length| *length < self.rest.len());
                self.bisect(0, self.rest.len(), broken_by, next);
            }
            Stage::Without { named, rounds, broken_by, .. } => {
                self.doubt(named, suspects, rounds, broken_by, trial);
            }
            Stage::Runs { low, high, broken_by, next } => {
                let length = next.unwrap_or(low.midpoint(high));
                if works { self.bisect(length, high, broken_by, None) } else { self.bisect(low, length, trial, None) }
            }
            Stage::Done => {}
        }
    }

    /// Takes out those that are named, as long as that names new ones; then bisects. `whole` is the trial that broke
    /// with all that is left, `trial` the last one, which broke without those that were named before.
    fn doubt(&mut self, before: Vec<usize>, suspects: &[usize], rounds: usize, whole: usize, trial: usize) {
        let is_new = |one: &usize| self.rest.contains(one) && !before.contains(one);
        let new: Vec<usize> = self.rest.iter().copied().filter(|one| suspects.contains(one) && is_new(one)).collect();
        let named: Vec<usize> =
            self.rest.iter().copied().filter(|one| new.contains(one) || before.contains(one)).collect();
        let taken = self.with_bringers(&named);
        if !new.is_empty() && taken.len() < self.rest.len() && rounds < ROUNDS {
            self.stage = Stage::Without { named, suspects: taken, rounds: rounds + 1, broken_by: whole };
        } else {
            // Without those that were named before, it broke as well: the others are bisected first.
            let taken = self.with_bringers(&before);
            let (suspected, others) = self.rest.iter().copied().partition::<Vec<_>, _>(|one| taken.contains(one));
            let high = others.len();
            self.rest = [others, suspected].concat();
            self.bisect(0, high, trial, None);
        }
    }

    /// Those, and all that are left that bring one of them along.
    fn with_bringers(&self, named: &[usize]) -> Set {
        let brings = |one: &usize| named.contains(one) || self.implies[*one].iter().any(|other| named.contains(other));
        self.rest.iter().copied().filter(brings).collect()
    }

    fn bisect(&mut self, low: usize, high: usize, broken_by: usize, next: Option<usize>) {
        if high - low > 1 {
            self.stage = Stage::Runs { low, high, broken_by, next };
            return;
        }
        let culprit = self.rest[low];
        self.works.extend(&self.rest[..low]);
        let gone = self.with_bringers(&[culprit]);
        self.left_out.push((culprit, broken_by));
        self.left_out.extend(gone.iter().filter(|one| **one != culprit).map(|one| (*one, broken_by)));
        self.rest.drain(..low);
        self.rest.retain(|one| !gone.contains(one));
        self.stage = if self.rest.is_empty() { Stage::Done } else { Stage::Whole };
    }

    /// What works, as far as is known.
    pub fn works(&self) -> &Set {
        &self.works
    }

    /// What was left out, in the order in which it was found, each with the number of the trial that told against it,
    /// counted from 0.
    pub fn left_out(&self) -> &[(usize, usize)] {
        &self.left_out
    }

    /// How many trials were told of.
    pub fn trials(&self) -> usize {
        self.trials
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Runs a search against sets that break, each when all of it is there. `guess` names suspects among a broken set.
    fn found(implies: &[Set], breaking: &[Set], guess: impl Fn(&Set) -> Vec<usize>) -> Search {
        let mut search = Search::new(implies.to_vec());
        while let Some(tried) = search.next() {
            let works = works(implies, breaking, &tried);
            let suspects = if works { Vec::new() } else { guess(&tried) };
            search.tell(works, &suspects);
        }
        search
    }

    fn works(implies: &[Set], breaking: &[Set], tried: &Set) -> bool {
        let all: Set = tried.iter().flat_map(|one| implies[*one].iter().chain([one])).copied().collect();
        !breaking.iter().any(|set| set.is_subset(&all))
    }

    /// What the words of a good program would name: what just broke.
    fn told(breaking: &[Set]) -> impl Fn(&Set) -> Vec<usize> {
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
    fn what_breaks_nothing_takes_one_trial() {
        let search = found(&vec![Set::new(); 26], &[], |_| Vec::new());
        assert_eq!((search.works().len(), search.left_out(), search.trials()), (26, &[][..], 1));
        assert_eq!(found(&[], &[], |_| Vec::new()).trials(), 0);
    }

    #[test]
    fn a_culprit_that_is_named_takes_two_trials_and_one_that_is_not_a_few() {
        let breaking = [set(&[17])];
        let named = found(&vec![Set::new(); 26], &breaking, told(&breaking));
        assert_eq!((named.left_out(), named.trials()), (&[(17, 0)][..], 2));
        let silent = found(&vec![Set::new(); 26], &breaking, |_| Vec::new());
        assert_eq!((silent.left_out()[0].0, silent.works().len()), (17, 25));
        assert!(silent.trials() <= 7, "{}", silent.trials());
    }

    #[test]
    fn what_brings_a_culprit_along_goes_with_it_at_once() {
        // 3 is brought along by all that follow it, as `NoNewPrivileges=` is by what filters system calls.
        let implies: Vec<Set> = (0..20).map(|place| if place > 3 { set(&[3]) } else { Set::new() }).collect();
        let breaking = [set(&[3])];
        let named = found(&implies, &breaking, told(&breaking));
        assert_eq!((named.works(), named.trials()), (&set(&[0, 1, 2]), 3));
        let silent = found(&implies, &breaking, |_| Vec::new());
        assert_eq!((silent.works(), silent.left_out().len()), (&set(&[0, 1, 2]), 17));
        assert!(silent.trials() <= 6, "{}", silent.trials());
    }

    #[test]
    fn a_pair_that_breaks_together_loses_one() {
        let breaking = [set(&[2, 9])];
        for guess in [true, false] {
            let search =
                found(
                    &vec![Set::new(); 12],
                    &breaking,
                    |tried| {
                        if guess { told(&breaking)(tried) } else { Vec::new() }
                    },
                );
            assert_eq!((search.works().len(), search.left_out().len()), (11, 1));
        }
    }

    proptest! {
        #[test]
        fn nothing_that_was_left_out_could_be_added_and_trials_are_few(
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
            // A head brings nothing along itself.
            let heads: Set = implies.iter().flatten().copied().collect();
            heads.iter().for_each(|head| implies[*head].clear());
            let search = found(&implies, &breaking, |tried| match talks {
                0 => Vec::new(),
                1 => told(&breaking)(tried),
                // Words that mislead.
                _ => guesses.iter().map(|place| place % measures).collect(),
            });
            prop_assert!(works(&implies, &breaking, search.works()));
            for (one, _) in search.left_out() {
                let more: Set = search.works().iter().copied().chain([*one]).collect();
                prop_assert!(!works(&implies, &breaking, &more), "{one} was left out for nothing: {search:?}");
            }
            prop_assert_eq!(search.works().len() + search.left_out().len(), measures);
            prop_assert!(search.trials() <= bound(measures, search.left_out().len()), "{search:?}");
        }
    }
}
