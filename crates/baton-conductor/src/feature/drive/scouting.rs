//! The scouts look around.

use super::Drive;
use super::asking::Kept;
use crate::feature::record::CONTEXT;
use crate::feature::state::Phase;
use crate::feature::{End, FeatureError, context, scout};

impl Drive<'_> {
    /// Asks the scouts whose findings are not there, and bundles what all found.
    pub fn look_around(&mut self) -> Result<Option<End>, FeatureError> {
        let settings = &self.policy.conductor.feature;
        let (base, bytes) = (self.feature.state.base, settings.finding_bytes);
        let scouts = &settings.scouts;
        let missing = scouts.iter();
        let missing: Vec<_> = missing
            .filter(|scout| !self.feature.state.has_found(&scout.name))
            .collect();
        for scout in &missing {
            (self.callbacks.tell)(&format!("scout {} looks around", scout.name));
        }
        let is_stopped = self.ask_each(
            missing,
            &|desk, common, one, stop| scout::ask(desk, common, one, base, bytes, stop),
            &|state, found| {
                let (name, scouted) = (found.scout, found.scouted);
                let what = format!("scout {name} is back");
                let told = match &scouted.void {
                    None => what.clone(),
                    Some(why) => format!("scout {name} is void: {why}"),
                };
                let file = Some((scout::file_name(&name), found.text));
                state.scouts.insert(name, scouted);
                Kept { told, what, file }
            },
        )?;
        if is_stopped {
            return Ok(Some(End::Interrupted));
        }
        let feature = &mut self.feature;
        if !scouts.is_empty() && !scouts.iter().any(|one| feature.state.has_found(&one.name)) {
            return Ok(Some(End::NoFindings));
        }
        let mut found = Vec::new();
        for scout in scouts {
            let text = feature.text(self.repo, &scout::file_name(&scout.name))?;
            found.push((scout.name.clone(), text));
        }
        let bundle = context::bundle(&feature.state, &found);
        feature.state.phase = Phase::Planning;
        feature.save(self.repo, &[(CONTEXT, bundle.as_bytes())], "scouted")?;
        Ok(None)
    }
}
