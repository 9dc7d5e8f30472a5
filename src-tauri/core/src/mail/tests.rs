use std::{
    io::{BufRead, BufReader, Write},
    net::TcpStream,
};

use super::*;

const MESSAGE: &str = "From: =?UTF-8?Q?Caf=C3=A9?= <shop@acme.test>\r\nTo: Ada <ada@acme.test>, b@acme.test\r\n\
    Subject: =?UTF-8?B?w5xiZXI=?= dots\r\nMIME-Version: 1.0\r\n\
    Content-Type: multipart/mixed; boundary=\"outer\"\r\n\r\n\
    --outer\r\nContent-Type: multipart/related; boundary=\"inner\"\r\n\r\n\
    --inner\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Hello</p><img src=\"cid:logo@x\">\r\n\
    --inner\r\nContent-Type: image/png\r\nContent-ID: <logo@x>\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw==\r\n\
    --inner--\r\n\
    --outer\r\nContent-Type: text/csv\r\nContent-Disposition: attachment; filename=\"../../orders.csv\"\r\n\r\n\
    .first line\r\n--outer--\r\n";

fn write(folder: &Path, name: &str, text: &str) {
    fs::write(folder.join(name), text).expect("written");
}

#[test]
fn a_message_is_taken_apart() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), "1-a.eml", MESSAGE);
    let rows = list(folder.path()).expect("listed");
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].from, "Café <shop@acme.test>");
    assert_eq!(rows[0].to, "Ada <ada@acme.test>, b@acme.test");
    assert_eq!(rows[0].subject, "Über dots");
    let message = show(folder.path(), "1-a.eml").expect("shown");
    assert_eq!(
        message.html.as_deref().map(str::trim),
        Some("<p>Hello</p><img src=\"data:image/png;base64,iVBORw==\">")
    );
    assert_eq!(message.text.as_deref().map(str::trim), Some("Hello"));
    let file = message.attachments.iter().position(|it| it.name == "orders.csv");
    let file = u32::try_from(file.expect("its name leaves no folder")).expect("small");
    let bytes = part(folder.path(), "1-a.eml", Some(file)).expect("read");
    assert_eq!(bytes.trim_ascii(), b".first line");
    assert!(part(folder.path(), "1-a.eml", Some(9)).is_err());
}

#[test]
fn only_messages_of_the_folder_are_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    let mail = folder.path().join("mail");
    assert_eq!(list(&mail).expect("listed"), []);
    fs::create_dir(&mail).expect("made");
    write(&mail, ".half.eml", "Subject: a");
    write(&mail, "note.txt", "Subject: b");
    write(folder.path(), "other.eml", "Subject: c");
    assert_eq!(list(&mail).expect("listed"), []);
    for id in ["../other.eml", ".half.eml", "", "x.eml"] {
        let error = show(&mail, id).expect_err(id);
        assert_eq!(error.code, crate::error::Code::NotFound, "{id}");
    }
}

#[test]
fn what_is_no_message_is_shown_as_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), "1-a.eml", "");
    write(folder.path(), "1-b.eml", "\u{0}\u{1} no mail");
    for row in list(folder.path()).expect("listed") {
        show(folder.path(), &row.id).expect("shown");
    }
}

#[test]
fn smtp_on_loopback_keeps_what_is_sent() {
    let folder = tempfile::tempdir().expect("a folder");
    let mail = folder.path().join("mail");
    let catchers = Catchers::default();
    let port = catchers.port(&mail).expect("it listens");
    assert_eq!(catchers.port(&mail).expect("it listens"), port, "the port stays");
    let stream = TcpStream::connect(("127.0.0.1", port)).expect("it is reached");
    let mut lines = BufReader::new(stream.try_clone().expect("cloned")).lines();
    let mut answer = || loop {
        let line = lines.next().expect("an answer").expect("read");
        if line.as_bytes()[3] == b' ' {
            return line[..3].to_owned();
        }
    };
    let tell = |text: &str| (&stream).write_all(text.as_bytes()).expect("sent");
    assert_eq!(answer(), "220");
    for (command, code) in [
        ("EHLO shop", "250"),
        ("AUTH LOGIN", "334"),
        ("dXNlcg==", "334"),
        ("cGFzcw==", "235"),
        ("AUTH PLAIN AHUAcA==", "235"),
        ("DATA", "503"),
        ("STARTTLS", "502"),
        ("MAIL FROM:<a@acme.test>", "250"),
        ("RCPT TO:<b@elsewhere.example>", "250"),
        ("DATA", "354"),
    ] {
        tell(&format!("{command}\r\n"));
        assert_eq!(answer(), code, "{command}");
    }
    // A dot at the start of a line is doubled on the wire (RFC 5321, section 4.5.2).
    tell(&MESSAGE.replace("\r\n.", "\r\n.."));
    tell(".\r\n");
    assert_eq!(answer(), "250");
    let rows = list(&mail).expect("listed");
    assert_eq!(rows[0].subject, "Über dots");
    assert_eq!(part(&mail, &rows[0].id, None).expect("read"), MESSAGE.as_bytes());
    fs::remove_dir_all(folder.path()).expect("deleted");
    for command in ["MAIL FROM:<a@b>", "RCPT TO:<c@d>", "DATA"] {
        tell(&format!("{command}\r\n"));
        answer();
    }
    tell("Subject: late\r\n\r\n.\r\n");
    assert_eq!(answer(), "451", "an environment that is gone gets no mail");
    assert!(!mail.exists());
    tell("QUIT\r\n");
    assert_eq!(answer(), "221");
    drop(catchers);
    let mut closed = false;
    for _ in 0..200 {
        closed = TcpStream::connect(("127.0.0.1", port)).is_err();
        if closed {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(closed, "it listens for ever");
}

#[test]
fn old_messages_go_and_new_ones_stay() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["1-old.eml", "2-new.eml"] {
        write(folder.path(), name, "Subject: x\n\n");
    }
    let old = SystemTime::now() - Duration::from_secs((DAYS_KEPT + 1) * 24 * 60 * 60);
    let file = fs::File::options().write(true).open(folder.path().join("1-old.eml"));
    file.expect("opened").set_modified(old).expect("set");
    prune(folder.path()).expect("pruned");
    let left: Vec<String> =
        list(folder.path()).expect("listed").into_iter().map(|it| it.id).collect();
    assert_eq!(left, ["2-new.eml"]);
}
