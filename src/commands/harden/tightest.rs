//! From the strictest set to the tightest that works: what breaks it is left out, then let in again as far as it goes.

use std::path::Path;

use super::bench::Bench;
use crate::hardening::facts;
use crate::hardening::tighten::log_baseline::Symptom;
use crate::hardening::tighten::search::{Search, Set};
use crate::hardening::tighten::variants::{Needs, Variants};
use crate::hardening::tighten::{Candidates, Sandbox, clues};
use crate::host::tree;
use crate::model::diagnostic::Result;
use crate::output::report::Restriction;

/// The tightest sandbox that a service works in.
pub struct TightestSandbox {
    /// How far each item goes.
    pub sandbox: Sandbox,
    /// What went wrong with each that had to be loosened or left off, by its place.
    against: Vec<(usize, Symptom)>,
}

/// Finds it.
pub async fn find(candidates: &Candidates, bench: &mut Bench<'_>) -> Result<TightestSandbox> {
    let mut search = Search::new(candidates.items.iter().map(|item| item.implies.clone()).collect());
    let mut signs = Vec::new();
    while let Some(set) = search.next() {
        let sign = bench.trial(&candidates.settings(&candidates.only(&set))).await?;
        let suspects = sign.as_ref().map(|sign| suspects(sign, candidates, bench)).unwrap_or_default();
        search.record(sign.is_none(), &suspects);
        signs.push(sign);
    }
    let against = search.left_out().iter().filter_map(|(place, trial)| Some((*place, signs.get(*trial)?.clone()?)));
    let against: Vec<(usize, Symptom)> = against.collect();
    let mut sandbox = candidates.only(search.works());
    let gone: Set = against.iter().map(|(place, _)| *place).collect();
    for (place, sign) in &against {
        // What brings along something that had to go cannot be let in at all.
        if candidates.items[*place].implies.is_disjoint(&gone) {
            let _ = loosened(*place, sign, candidates, &mut sandbox, bench).await?
                || in_parts(*place, sign, candidates, &mut sandbox, bench).await?;
        }
    }
    Ok(TightestSandbox { sandbox, against })
}

/// The places of what a sign speaks against.
fn suspects(sign: &Symptom, candidates: &Candidates, bench: &Bench<'_>) -> Vec<usize> {
    let own = facts::command(bench.service);
    let paths = sign.lines.iter().flat_map(|line| clues::paths(line)).filter(|path| !own.contains(path));
    let paths: Vec<String> = paths.collect();
    let dir = bench.service.run.as_ref().map(|run| run.dir.as_str()).filter(|dir| !dir.is_empty());
    candidates.places(&clues::narrowed(&sign.suspects, &paths, dir))
}

/// Lets one in step by step; true when it is in.
async fn loosened(
    place: usize,
    sign: &Symptom,
    candidates: &Candidates,
    sandbox: &mut Sandbox,
    bench: &mut Bench<'_>,
) -> Result<bool> {
    let mut needs = Needs { dir: dir(bench), ..Needs::default() };
    let own = facts::command(bench.service);
    learn(&mut needs, sign, &own);
    let mut variants = Variants::new(candidates.items[place].directive, candidates.values(place));
    while let Some(variant) = variants.next(&needs) {
        sandbox[place] = Some(variant);
        match bench.trial(&candidates.settings(sandbox)).await? {
            None => return Ok(true),
            Some(sign) => learn(&mut needs, &sign, &own),
        }
    }
    sandbox[place] = None;
    Ok(false)
}

/// Takes as many of its parts away as can be; true when there are such.
async fn in_parts(
    place: usize,
    sign: &Symptom,
    candidates: &Candidates,
    sandbox: &mut Sandbox,
    bench: &mut Bench<'_>,
) -> Result<bool> {
    let item = &candidates.items[place];
    let all: Set = (0..item.parts.len()).collect();
    let places = |names: Vec<&str>| -> Vec<usize> {
        names.iter().filter_map(|name| item.parts.iter().position(|part| part == name)).collect()
    };
    let mut search = Search::of_broken(vec![Set::new(); item.parts.len()], &places(clues::capabilities(&sign.lines)));
    while let Some(taken) = search.next() {
        sandbox[place] = Some(item.without(&(&all - &taken)));
        let sign = bench.trial(&candidates.settings(sandbox)).await?;
        let suspects = sign.as_ref().map(|sign| places(clues::capabilities(&sign.lines))).unwrap_or_default();
        search.record(sign.is_none(), &suspects);
    }
    let found = !search.works().is_empty();
    sandbox[place] = found.then(|| item.without(&(&all - search.works())));
    Ok(found)
}

/// Its working directory, unless that is one of the system's.
fn dir(bench: &Bench<'_>) -> Option<String> {
    const SHARED: [&str; 12] =
        ["/", "/home", "/root", "/usr", "/etc", "/var", "/run", "/tmp", "/opt", "/srv", "/boot", "/var/lib"];
    let dir = bench.service.run.as_ref().map(|run| run.dir.clone())?;
    (!dir.is_empty() && !SHARED.contains(&dir.as_str())).then_some(dir)
}

/// Existing paths in the log lines of a failure. `own` are the arguments of the service's command: scripts print their own
/// name before their messages.
fn learn(needs: &mut Needs, sign: &Symptom, own: &[String]) {
    for path in sign.lines.iter().flat_map(|line| clues::paths(line)).filter(|path| !own.contains(path)) {
        if path.starts_with("/dev/") {
            let is_new = !needs.devices.contains(&path) && tree::exists(&path);
            needs.devices.extend(is_new.then_some(path));
            continue;
        }
        let dir = Path::new(&path).ancestors().find(|dir| tree::is_dir(dir));
        let dir = dir.filter(|dir| dir.parent().is_some()).and_then(Path::to_str);
        let is_new = dir.is_some_and(|dir| !needs.refused.iter().any(|known| known == dir));
        needs.refused.extend(dir.filter(|_| is_new).map(str::to_owned));
    }
}

impl TightestSandbox {
    /// What came of each item, for the report.
    pub fn kept(&self, candidates: &Candidates) -> Vec<Restriction> {
        let strictest = candidates.strictest();
        let gone: Set = self.against.iter().map(|(place, _)| *place).collect();
        let head = |implies: &Set| implies.intersection(&gone).next().map(|head| candidates.items[*head].directive);
        let all = candidates.items.iter().zip(&self.sandbox).enumerate();
        all.map(|(place, (item, variant))| Restriction {
            directive: item.directive,
            takes: item.blocks,
            written: variant.as_ref().map(|variant| candidates.shown(place, variant)),
            is_strictest: *variant == strictest[place],
            against: self.against.iter().find(|(of, _)| *of == place).map(|(_, sign)| sign.clone()),
            along: head(&item.implies),
        })
        .collect()
    }
}
