//! The front as its clients meet it: over real connections, with real PHP and with a responder that misbehaves.
mod fake;
mod held;
mod php;
mod plain;
mod support;
