//! What was pushed: a deploy tag is deployed, anything else is shown. Notes that hooks left wait until the owner is
//! there, so that a push counts whether Portico runs or not.
use super::owner::Shared;
use crate::{
    error::{Code, Logged, Result, contained},
    model::{
        Address, CodePointer, EnvironmentName, HookEvent, HookStage, SiteName,
        request::{DeployTag, Event, Request, RunHooks},
    },
    progress::Cancel,
    workflow,
};

impl Shared {
    /// Deals with every push that was noted; answers whether one must wait since its site is busy.
    pub(super) fn take_pushes(&self) -> bool {
        let sites = self.context.store.sites().logged(|| "look for pushes".into());
        let mut waits = false;
        for site in sites.unwrap_or_default() {
            // A repository that can't be read now says so wherever it is shown.
            let taken = contained(|| self.take_pushes_of(&site.name));
            let taken = taken.logged(|| format!("take what was pushed to {}", site.name));
            waits |= taken.unwrap_or(false);
        }
        waits
    }

    fn take_pushes_of(&self, site: &SiteName) -> Result<bool> {
        let pushes = self.context.repository(site).pushes()?;
        if pushes.is_empty() {
            return Ok(false);
        }
        self.broadcast(&Event::Changed { site: Some(site.clone()) });
        let references: Vec<&String> = pushes.iter().flat_map(|it| &it.references).collect();
        for name in [EnvironmentName::Test, EnvironmentName::Live] {
            let Some(tag) = self.tag_to_deploy(site, &name, &references)? else { continue };
            let environment = Address::new(site, &name);
            let request = Request::DeployTag(DeployTag { environment, tag: Some(tag) });
            match self.run(&request, &|_| {}, &Cancel::default()) {
                Err(error) if matches!(error.code, Code::Busy | Code::Cancelled) => {
                    return Ok(error.code == Code::Busy);
                }
                // A deploy that failed stands in the list of workflows with its reason.
                Ok(_) | Err(_) => {}
            }
        }
        if self.run_push_hooks(site, &references)? {
            return Ok(true);
        }
        for push in pushes {
            // One that is gone already was dealt with.
            drop(std::fs::remove_file(push.note));
        }
        Ok(false)
    }

    /// Runs the site's own scripts after a push to the branch of an environment.
    /// Answers whether they must wait.
    fn run_push_hooks(&self, site: &SiteName, references: &[&String]) -> Result<bool> {
        for environment in self.context.store.environments(site)? {
            let CodePointer::Branch { branch } = &environment.code else { continue };
            let is_pushed =
                references.iter().any(|it| it.strip_prefix("refs/heads/") == Some(branch));
            if !is_pushed {
                continue;
            }
            let environment = Address::new(site, &environment.name);
            // A site without such scripts, as most are, must not be busy for a moment after each push.
            let hooks = workflow::hooks(&self.context, &environment).unwrap_or_default();
            let has_any = hooks
                .iter()
                .any(|it| it.event == HookEvent::SyncCode.as_str() && it.stage == HookStage::After);
            if !has_any {
                continue;
            }
            let request = Request::RunHooks(RunHooks {
                environment,
                event: HookEvent::SyncCode,
                stage: HookStage::After,
            });
            // One that failed stands in the list of workflows.
            match self.run(&request, &|_| {}, &Cancel::default()) {
                Err(error) if error.code == Code::Busy => return Ok(true),
                Ok(_) | Err(_) => {}
            }
        }
        Ok(false)
    }

    /// The highest pushed tag of an environment, unless that runs it or a higher one.
    fn tag_to_deploy(
        &self,
        site: &SiteName,
        name: &EnvironmentName,
        references: &[&String],
    ) -> Result<Option<String>> {
        let Some(found) = self.context.store.find_environment(&Address::new(site, name))? else {
            return Ok(None);
        };
        let CodePointer::Release { tag: current, .. } = &found.code else { return Ok(None) };
        let tags = self.context.repository(site).deploy_tags(name.as_str())?;
        let number = tags.iter().find(|tag| tag.name == *current).map_or(0, |tag| tag.number);
        let pushed = tags.into_iter().find(|tag| {
            references.iter().any(|name| name.strip_prefix("refs/tags/") == Some(&tag.name))
        });
        Ok(pushed.filter(|tag| tag.number > number).map(|tag| tag.name))
    }
}
