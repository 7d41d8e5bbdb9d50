use bstr::{BString, ByteSlice};
use ssh_key::private::Ed25519Keypair;
use ssh_key::{HashAlg, LineEnding, PrivateKey};

use super::*;
use crate::model::Signature;

const LIST: &[u8] = include_bytes!("../../../../../tests/fixtures/signed/allowed_signers");
/// 2025-12-18T12:00:00Z
const NOON: i64 = 1_766_059_200;

fn key(seed: u8) -> PrivateKey {
    Ed25519Keypair::from_seed(&[seed; 32]).into()
}

fn public(key: &PrivateKey) -> String {
    key.public_key().to_openssh().unwrap()
}

fn signed(key: &PrivateKey, namespace: &str, payload: &str) -> Signature {
    let signature = key.sign(namespace, HashAlg::Sha512, payload.as_bytes());
    Signature {
        armoured: signature.unwrap().to_pem(LineEnding::LF).unwrap().into(),
        payload: payload.into(),
        committed_at: NOON,
    }
}

fn list(text: &str) -> AllowedSigners {
    AllowedSigners::parse("signers", text.as_bytes()).unwrap()
}

/// A commit as `git cat-file` prints it, taken apart; the signature is its last header.
fn recorded(commit: &[u8]) -> Signature {
    let (head, message) = commit.split_once_str("\n\n").unwrap();
    let (before, armoured) = head.split_once_str("\ngpgsig ").unwrap();
    Signature {
        armoured: armoured.replace("\n ", "\n").into(),
        payload: BString::from([before, b"\n\n", message].concat()),
        committed_at: NOON,
    }
}

#[test]
fn what_git_and_ssh_keygen_signed_is_verified() {
    let list = AllowedSigners::parse("signers", LIST).unwrap();
    for (principal, commit) in [
        (
            "ed25519-256@example.com",
            &include_bytes!("../../../../../tests/fixtures/signed/ed25519-256.commit")[..],
        ),
        (
            "ecdsa-256@example.com",
            include_bytes!("../../../../../tests/fixtures/signed/ecdsa-256.commit"),
        ),
        (
            "ecdsa-384@example.com",
            include_bytes!("../../../../../tests/fixtures/signed/ecdsa-384.commit"),
        ),
        (
            "rsa-3072@example.com",
            include_bytes!("../../../../../tests/fixtures/signed/rsa-3072.commit"),
        ),
    ] {
        let mut signature = recorded(commit);
        assert_eq!(list.verify(&signature, &[]).as_deref(), Ok(principal));
        signature.payload.push(b'\n');
        let forged = list.verify(&signature, &[]);
        assert_eq!(forged, Err(SignatureError::Mismatch), "{principal}");
    }
}

#[test]
fn the_role_decides_whose_signature_counts() {
    let list = list(&format!("ann@x,*@ops.x,!eve@ops.x {}", public(&key(1))));
    let signature = signed(&key(1), "git", "commit");
    let verify = |allowed: &[&str]| {
        let allowed: Vec<_> = allowed.iter().map(|name| (*name).to_owned()).collect();
        list.verify(&signature, &allowed)
    };
    assert_eq!(verify(&["bob@x", "ann@x"]).as_deref(), Ok("ann@x"));
    assert_eq!(verify(&["bob@ops.x"]).as_deref(), Ok("bob@ops.x"));
    let refused = Err(SignatureError::Principal {
        principals: "ann@x,*@ops.x,!eve@ops.x".to_owned(),
    });
    assert_eq!(verify(&["eve@ops.x"]), refused);
    assert_eq!(verify(&["bob@x"]), refused);
    assert!(verify(&[]).is_ok());
}

#[test]
fn a_key_counts_from_its_first_to_its_last_second() {
    let from_to = |after: &str, before: &str| {
        let key = public(&key(1));
        list(&format!(
            "a valid-after=\"{after}\",Valid-Before={before} {key}"
        ))
    };
    let signature = signed(&key(1), "git", "commit");
    for (after, before, valid) in [
        ("20251218120000Z", "20251219Z", true),
        ("20251218120001", "20251219", false),
        ("202512181159", "20251218120000", true),
        ("20251217", "20251218115959Z", false),
    ] {
        let verified = from_to(after, before).verify(&signature, &[]);
        assert_eq!(verified.is_ok(), valid, "{after} {before}");
        if !valid {
            assert!(matches!(verified, Err(SignatureError::Expired { .. })));
        }
    }
}

#[test]
fn only_listed_keys_count_and_only_for_commits() {
    let mine = public(&key(1));
    let signature = signed(&key(1), "git", "commit");
    for text in [
        String::new(),
        format!("a {}", public(&key(2))),
        format!("a namespaces=\"file,mail\" {mine}"),
        format!("a namespaces=\"*,!git\" {mine}"),
        format!("# a {mine}"),
    ] {
        let verified = list(&text).verify(&signature, &[]);
        let unknown = matches!(verified, Err(SignatureError::UnknownKey { .. }));
        assert!(unknown, "{text} {verified:?}");
    }
    let verified = list(&format!("a {mine}")).verify(&signed(&key(1), "file", "commit"), &[]);
    assert_eq!(verified, Err(SignatureError::Namespace("file".to_owned())));
}

#[test]
fn other_signatures_and_broken_ones_are_told_apart() {
    let list = list(&format!("a {}", public(&key(1))));
    let good = signed(&key(1), "git", "commit");
    let verify = |armoured: &str| {
        list.verify(
            &Signature {
                armoured: armoured.into(),
                ..good.clone()
            },
            &[],
        )
    };
    for kind in ["PGP SIGNATURE", "PGP MESSAGE", "SIGNED MESSAGE"] {
        let armoured = format!("-----BEGIN {kind}-----\nx\n-----END {kind}-----\n");
        assert_eq!(verify(&armoured), Err(SignatureError::NotSsh));
    }
    let whole = good.armoured.to_string();
    let one_line = whole.replace('\n', "").replace("-----U1NI", "-----\nU1NI");
    assert!(verify(&one_line).is_ok(), "lines may be of any width");
    for armoured in [
        "",
        "x",
        "-----BEGIN SSH SIGNATURE-----",
        "-----BEGIN SSH SIGNATURE-----\n-----END SSH SIGNATURE-----",
        "-----BEGIN SSH SIGNATURE-----\n!!!!\n-----END SSH SIGNATURE-----",
        &whole.replace("U1NI", "AAAA"),
        &whole[..whole.len() / 2],
    ] {
        let verified = verify(armoured);
        let malformed = matches!(verified, Err(SignatureError::Malformed(_)));
        assert!(malformed, "{armoured} {verified:?}");
    }
}

#[test]
fn a_line_that_cannot_count_is_pointed_at() {
    let mine = public(&key(1));
    for (line, marked) in [
        ("a@b".to_owned(), "a@b".to_owned()),
        (
            "a@b ssh-ed25519 AAAA".to_owned(),
            "ssh-ed25519 AAAA".to_owned(),
        ),
        (
            format!("a cert-authority {mine}"),
            "cert-authority".to_owned(),
        ),
        (format!("a nonsense {mine}"), "nonsense".to_owned()),
        (format!("a namespaces {mine}"), "namespaces".to_owned()),
        (
            format!("a namespaces=\"git\",namespaces=\"git\" {mine}"),
            "namespaces=\"git\"".to_owned(),
        ),
        (
            format!("a valid-after=2025 {mine}"),
            "valid-after=2025".to_owned(),
        ),
        (
            format!("a valid-after=20251340 {mine}"),
            "valid-after=20251340".to_owned(),
        ),
        (
            format!("a valid-after=20250102,valid-before=20250101 {mine}"),
            "valid-after=20250102,valid-before=20250101".to_owned(),
        ),
        (
            format!("a namespaces=\"git {mine}"),
            format!("namespaces=\"git {mine}"),
        ),
        (
            "a ecdsa-sha2-nistp521 AAAAE2VjZHNhLXNoYTItbmlzdHA1MjEAAAAIbmlzdHA1MjEAAACFBA=="
                .to_owned(),
            "ecdsa-sha2-nistp521 AAAAE2VjZHNhLXNoYTItbmlzdHA1MjEAAAAIbmlzdHA1MjEAAACFBA=="
                .to_owned(),
        ),
    ] {
        let text = format!("# first\r\n\r\n  b {mine} comment\n{line}\n");
        let error = AllowedSigners::parse("signers", text.as_bytes()).unwrap_err();
        assert_eq!(text[error.span().unwrap()], marked, "{error:?}");
    }
}
