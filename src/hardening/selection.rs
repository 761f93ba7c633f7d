//! Which measures are taken for one service, and how far each goes.

use super::Facts;
use super::table::ARCHITECTURES;
use super::table::FOLDER;
use super::table::InUser;
use super::table::MEASURES;
use super::table::MEMORY;
use super::table::Measure;
use super::table::Opens;
use super::table::Presets;
use super::table::Rung;
use crate::spec::{Preset, Scope};

/// A rung, or nothing, of each measure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// In the order of [`MEASURES`].
    rungs: Vec<Option<usize>>,
}

impl Selection {
    /// What a preset means for a service: all that is in it, has an effect there, and does not end it.
    pub fn of(preset: Preset, facts: &Facts) -> Selection {
        let rungs = MEASURES.iter().map(|measure| {
            let begins = begins(&measure.presets, preset, facts.as_root)?;
            fits(measure, preset, facts)
                .then(|| if facts.needs_home.is_some() { at_home(measure, begins) } else { begins })
        });
        let mut selection = Selection { rungs: rungs.collect() };
        for whole in MEASURES.iter().filter(|whole| facts.is_switched_off(whole.directive)) {
            selection.leave_out_parts(whole);
        }
        selection
    }

    /// Leaves out what would go on taking away the same as a measure that is not taken.
    fn leave_out_parts(&mut self, whole: &Measure) {
        let parts = MEASURES.iter().enumerate().filter(|(_, part)| part.part_of == Some(whole.directive));
        parts.for_each(|(index, _)| self.rungs[index] = None);
    }

    /// The same with one measure at its next looser rung, or left out where there is none. `None` where it was
    /// left out already. `index` is the measure's place in [`MEASURES`].
    pub fn loosened(&self, index: usize) -> Option<Selection> {
        let rung = (*self.rungs.get(index)?)?;
        let next = Some(rung + 1).filter(|next| *next < MEASURES[index].rungs.len());
        Some(self.with(index, next))
    }

    /// The same with a measure at a rung, or left out.
    pub fn with(&self, index: usize, rung: Option<usize>) -> Selection {
        let mut changed = self.clone();
        changed.rungs[index] = rung.filter(|rung| *rung < MEASURES[index].rungs.len());
        if changed.rungs[index].is_none() {
            changed.leave_out_parts(&MEASURES[index]);
        }
        changed
    }

    /// What is taken, in order: its place in [`MEASURES`], the measure, the rung.
    pub fn taken(&self) -> impl Iterator<Item = (usize, &'static Measure, &'static Rung)> + '_ {
        let all = self.rungs.iter().enumerate().zip(MEASURES);
        all.filter_map(|((index, rung), measure)| Some((index, measure, &measure.rungs[(*rung)?])))
    }

    /// The rung of a measure, by its directive.
    pub fn rung(&self, directive: &str) -> Option<&'static Rung> {
        self.taken().find(|(_, measure, _)| measure.directive == directive).map(|(_, _, rung)| rung)
    }

    /// True when nothing is taken.
    pub fn is_empty(&self) -> bool {
        self.rungs.iter().all(Option::is_none)
    }

    /// True when the manager of a user has to make namespaces for it.
    pub fn needs_namespaces(&self) -> bool {
        self.taken().any(|(_, measure, _)| makes_namespaces(measure))
    }
}

fn makes_namespaces(measure: &Measure) -> bool {
    matches!(measure.in_user, InUser::IgnoredBefore254 | InUser::DiesBefore254)
}

/// The rung from which the whole home can be used.
fn at_home(measure: &Measure, begins: usize) -> usize {
    let opens = measure.rungs.iter().position(|rung| rung.opens == Opens::Home);
    opens.map_or(begins, |opens| opens.max(begins))
}

fn begins(presets: &Presets, preset: Preset, as_root: bool) -> Option<usize> {
    match (preset, as_root) {
        (Preset::Safe, false) => presets.safe,
        (Preset::Safe, true) => presets.safe_root,
        (Preset::Strict, false) => presets.strict,
        (Preset::Strict, true) => presets.strict_root,
    }
}

/// Whether a measure can be taken for a service at all.
fn fits(measure: &Measure, preset: Preset, facts: &Facts) -> bool {
    let is_typed = facts.is_typed(measure.directive);
    let works = match (facts.scope, measure.in_user) {
        (Scope::System, InUser::Only) => false,
        (Scope::System, _) | (Scope::User, InUser::Works | InUser::Only) => true,
        (Scope::User, InUser::Ignored) => false,
        // There they bring a user namespace along, in which the files of others seem to be nobody's: ssh and others
        // that look at owners do not work then.
        (Scope::User, _) => preset == Preset::Strict && facts.namespaces(),
    };
    let bears = match measure.directive {
        MEMORY => facts.compiles.is_none(),
        ARCHITECTURES => facts.is_native,
        FOLDER => facts.needs_home.is_none(),
        _ => true,
    };
    let may = !(measure.ends_sudo && facts.wants_new_privileges());
    !is_typed && works && bears && may && measure.since <= facts.oldest()
}
