//! `lock:enable`, `lock:disable`: what visitors of an environment are asked for.
use super::{
    Change, Context, Frame, Run, Workflow,
    operate::{self, Moves},
    request::{DisableLock, EnableLock},
    work::random_text,
};
use crate::{
    error::{Error, Result},
    model::Lock,
};

/// Letters of a password that nobody chose: it is typed by hand now and then.
const LENGTH: usize = 16;

impl Run for EnableLock {
    fn run(&self, frame: Frame<'_>) -> Result<Workflow> {
        let plan = plan_enable(frame.context, self)?;
        frame.run(plan, operate::run)
    }
}

/// Keeps what the environment has where nothing else is asked for.
pub(super) fn plan_enable(context: &Context, wanted: &EnableLock) -> Result<Moves> {
    let environment = context.store.environment(&wanted.environment)?;
    let (user, password) = match &environment.lock {
        Some(lock) => (lock.user.clone(), Some(lock.password.clone())),
        None => (environment.site.to_string(), None),
    };
    let user = wanted.username.clone().unwrap_or(user);
    let password = match wanted.password.clone().or(password) {
        Some(password) => password,
        None => random_text(LENGTH)?,
    };
    check("name", &user, Some(':'))?;
    check("password", &password, None)?;
    let after = Some(Lock { user, password });
    if environment.lock == after {
        return Ok(Moves::default());
    }
    let address = wanted.environment.clone();
    Ok(Change::Lock { environment: address, before: environment.lock, after }.into())
}

impl Run for DisableLock {
    fn run(&self, frame: Frame<'_>) -> Result<Workflow> {
        let plan = plan_disable(frame.context, self)?;
        frame.run(plan, operate::run)
    }
}

pub(super) fn plan_disable(context: &Context, wanted: &DisableLock) -> Result<Moves> {
    let environment = context.store.environment(&wanted.environment)?;
    Ok(match environment.lock {
        None => Moves::default(),
        before => {
            Change::Lock { environment: wanted.environment.clone(), before, after: None }.into()
        }
    })
}

/// What a browser can send: RFC 7617 forbids control characters, and a colon in the name.
fn check(what: &str, text: &str, forbidden: Option<char>) -> Result<()> {
    let is_bad = |c: char| c.is_control() || Some(c) == forbidden;
    if text.is_empty() || text.chars().count() > 200 || text.contains(is_bad) {
        let colon = if forbidden.is_some() { ", with no colon" } else { "" };
        return Err(Error::usage(format!("that {what} can't be used for a lock"))
            .hint(format!("It may have 1 to 200 characters in one line{colon}.")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_has_only_what_a_browser_can_send() {
        check("name", "Ärzte & Co", Some(':')).expect("a name");
        check("password", "a:b c", None).expect("a password");
        for bad in ["", "a:b", "a\nb", &"x".repeat(201)] {
            assert!(check("name", bad, Some(':')).is_err(), "{bad:?}");
        }
    }
}
