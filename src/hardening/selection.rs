//! Which measures a service gets, and how strict each is.

use super::Facts;
use super::table::{ARCHITECTURES, DIR, InUser, Level, MEASURES, MEMORY, Measure, Opens, Presets};
use crate::spec::{Preset, Scope};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// The level of each of [`MEASURES`]; `None` if it is left out.
    levels: Vec<Option<usize>>,
}

impl Selection {
    /// Everything in a preset that has an effect on the service and does not break it.
    pub fn of(preset: Preset, facts: &Facts) -> Selection {
        let level = |measure: &Measure| {
            let first =
                first_level(&measure.presets, preset, facts.as_root).filter(|_| fits(measure, preset, facts))?;
            // The one that keeps the home directory accessible.
            let open = measure.levels.iter().position(|level| level.opens == Opens::Home);
            Some(open.filter(|_| facts.needs_home.is_some()).map_or(first, |open| open.max(first)))
        };
        let mut selection = Selection { levels: MEASURES.iter().map(level).collect() };
        for whole in MEASURES.iter().filter(|whole| facts.is_switched_off(whole.directive)) {
            selection.leave_out_parts(whole);
        }
        selection
    }

    fn leave_out_parts(&mut self, whole: &Measure) {
        let parts = MEASURES.iter().enumerate().filter(|(_, part)| part.part_of == Some(whole.directive));
        parts.for_each(|(index, _)| self.levels[index] = None);
    }

    /// The same with one measure of [`MEASURES`] at another level; it is left out without one, or after the last one.
    pub fn with(&self, index: usize, level: Option<usize>) -> Selection {
        let mut changed = self.clone();
        changed.levels[index] = level.filter(|level| *level < MEASURES[index].levels.len());
        if changed.levels[index].is_none() {
            changed.leave_out_parts(&MEASURES[index]);
        }
        changed
    }

    /// In order, with the index in [`MEASURES`].
    pub fn taken(&self) -> impl Iterator<Item = (usize, &'static Measure, &'static Level)> + '_ {
        let all = self.levels.iter().enumerate().zip(MEASURES);
        all.filter_map(|((index, level), measure)| Some((index, measure, &measure.levels[(*level)?])))
    }

    pub fn level(&self, directive: &str) -> Option<&'static Level> {
        self.taken().find(|(_, measure, _)| measure.directive == directive).map(|(_, _, level)| level)
    }

    pub fn needs_namespaces(&self) -> bool {
        self.taken().any(|(_, measure, _)| needs_namespaces(measure))
    }
}

fn needs_namespaces(measure: &Measure) -> bool {
    matches!(measure.in_user, InUser::IgnoredBefore254 | InUser::FailsBefore254)
}

fn first_level(presets: &Presets, preset: Preset, as_root: bool) -> Option<usize> {
    match (preset, as_root) {
        (Preset::Safe, false) => presets.safe,
        (Preset::Safe, true) => presets.safe_root,
        (Preset::Strict, false) => presets.strict,
        (Preset::Strict, true) => presets.strict_root,
    }
}

fn fits(measure: &Measure, preset: Preset, facts: &Facts) -> bool {
    let is_supported = match (facts.scope, measure.in_user) {
        (Scope::System, support) => support != InUser::UserOnly,
        (Scope::User, InUser::Works | InUser::UserOnly) => true,
        (Scope::User, InUser::Ignored) => false,
        // In a user namespace, files of other users appear to be owned by nobody, which breaks ssh and others that check
        // owners.
        (Scope::User, _) => preset == Preset::Strict && facts.namespaces(),
    };
    let is_compatible = match measure.directive {
        MEMORY => facts.compiles.is_none(),
        ARCHITECTURES => facts.is_native,
        DIR => facts.needs_home.is_none(),
        _ => true,
    };
    let keeps_sudo = !(measure.breaks_sudo && facts.wants_new_privileges());
    is_supported && is_compatible && keeps_sudo && !facts.is_typed(measure.directive)
}
