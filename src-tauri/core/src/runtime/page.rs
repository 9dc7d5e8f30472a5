//! Asking for one PHP page outside of the front, in a process of its own that can be stopped at any time.
use std::{fs, path::Path, sync::Arc};

use super::{
    PhpSpec, confinement, php,
    process::{ending, last_lines, run, talker, with_lines},
    supervisor::Supervisor,
};
use crate::{
    error::{Doing, Error, Result},
    progress::Meter,
};

/// A page to be asked for by a form (CGI/1.1, RFC 3875).
pub struct Page<'a> {
    /// The script.
    pub script: &'a Path,
    /// The served folder, where it runs.
    pub docroot: &'a Path,
    /// Its path, as a browser would ask for it.
    pub path: &'a str,
    /// Host name and port.
    pub host: &'a str,
    /// The form, encoded.
    pub form: &'a str,
    /// Seconds after which PHP itself gives up.
    pub seconds: u64,
}

impl Page<'_> {
    /// Runs it with the settings and variables of `spec`; answers the page's text. An exit code other than 0 and a
    /// status from 400 are errors.
    pub(super) fn run(
        &self,
        spec: &PhpSpec,
        sockets: &Path,
        supervisor: &Arc<Supervisor>,
        meter: Meter<'_>,
    ) -> Result<String> {
        let all = php::installations();
        let chosen = php::choose(&all, spec.version.as_deref(), |it| it.cgi.is_some());
        let program = chosen
            .and_then(|it| it.cgi.as_ref())
            .ok_or_else(|| Error::missing("PHP's program for single pages (php-cgi)"))?;
        let settings = tempfile::Builder::new()
            .prefix("page-")
            .tempdir_in(sockets)
            .doing(|| format!("write to {}", sockets.display()))?;
        fs::create_dir_all(&spec.logs).doing(|| format!("create {}", spec.logs.display()))?;
        let seconds = self.seconds.to_string();
        let last = [
            ("display_errors", "stderr"),
            ("html_errors", "0"),
            ("max_execution_time", seconds.as_str()),
        ];
        let errors = spec.logs.join("php-error.log");
        php::write_settings(settings.path(), &errors, &confinement::settings(spec), &last)?;
        let mut command =
            confinement::command(|it| talker(it), program, spec, settings.path(), false);
        command.current_dir(self.docroot).envs(self.request());
        let output = run(&mut command, self.form, supervisor, meter)?;
        let said = String::from_utf8_lossy(&output.stdout);
        let (status, body) = split_head(&said);
        let ended_well = output.status.success();
        if ended_well && status < 400 {
            return Ok(body.to_owned());
        }
        let cause = match ended_well {
            true => format!("it answered with status {status}"),
            false => ending(output.status),
        };
        let error = Error::failed(format!("run {}", self.path)).because(cause);
        let mut lines = body.lines().map(str::to_owned).collect::<Vec<_>>();
        lines.extend(output.last_lines);
        Err(with_lines(error, last_lines(&lines.join("\n"))))
    }

    fn request(&self) -> Vec<(&'static str, std::ffi::OsString)> {
        let (name, port) = self.host.split_once(':').unwrap_or((self.host, "80"));
        vec![
            ("GATEWAY_INTERFACE", "CGI/1.1".into()),
            // PHP's own sign that a web server, not a person, starts it.
            ("REDIRECT_STATUS", "200".into()),
            ("REQUEST_METHOD", "POST".into()),
            ("CONTENT_TYPE", "application/x-www-form-urlencoded".into()),
            ("CONTENT_LENGTH", self.form.len().to_string().into()),
            ("QUERY_STRING", "".into()),
            ("SCRIPT_FILENAME", self.script.into()),
            ("SCRIPT_NAME", self.path.into()),
            ("REQUEST_URI", self.path.into()),
            ("DOCUMENT_ROOT", self.docroot.into()),
            ("SERVER_PROTOCOL", "HTTP/1.1".into()),
            ("SERVER_SOFTWARE", "Portico".into()),
            ("HTTP_HOST", self.host.into()),
            ("SERVER_NAME", name.into()),
            ("SERVER_PORT", port.into()),
            ("REMOTE_ADDR", "127.0.0.1".into()),
            ("HTTP_USER_AGENT", "Portico".into()),
        ]
    }
}

/// The status of a CGI answer, and its body.
fn split_head(answer: &str) -> (u16, &str) {
    let end = answer.find("\r\n\r\n").map(|at| (at, at + 4));
    let end = end.or_else(|| answer.find("\n\n").map(|at| (at, at + 2)));
    let Some((head, body)) = end else { return (200, answer) };
    let status = answer[..head].lines().find_map(|line| {
        let value = line.strip_prefix("Status:")?.trim();
        value.split(' ').next()?.parse().ok()
    });
    (status.unwrap_or(200), &answer[body..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_of_a_page_is_no_part_of_its_text() {
        assert_eq!(split_head("Status: 500 Oh\r\nA: b\r\n\r\nx\n\ny"), (500, "x\n\ny"));
        assert_eq!(split_head("A: b\n\nx"), (200, "x"));
        assert_eq!(split_head("nothing"), (200, "nothing"));
    }
}
