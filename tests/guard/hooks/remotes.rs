//! Which remote publishes: one that was there when Baton was installed, where it was then.

use std::fs;
use std::path::{Path, PathBuf};

use baton_testkit::gits::each_git;
use baton_testkit::{BATON, Fixture, HANDOFF, write_program};

const WAY_OUT: &str = "run `git baton install`";

/// A bare repository of the agent's own, with the commit on its branch `main`.
fn own_remote(f: &Fixture, commit: &str) -> PathBuf {
    let bare = f.path("own.git");
    f.git_at(f.dir(), ["clone", "-q", "--bare", "repo", "own.git"])
        .ok();
    f.publish(&bare, commit, "main");
    bare
}

#[test]
fn a_remote_added_later_publishes_once_it_is_installed_for() {
    each_git(|git| {
        for form in ["relative", "absolute", "file"] {
            let f = Fixture::new(git);
            let bad = f.bad_object();
            let own = own_remote(&f, &bad);
            let url = match form {
                "relative" => "../own.git".to_owned(),
                "absolute" => own.display().to_string(),
                _ => format!("file://{}", own.display()),
            };
            f.git(["remote", "add", "later", &url]).ok();
            f.git(["fetch", "-q", "later"]).ok();
            let ran = f.refuses("protected-path", &["update-ref", "refs/heads/main", &bad]);
            assert!(
                ran.err.contains(WAY_OUT) && ran.err.contains("`later`"),
                "{ran:#?}"
            );
            f.refuses("protected-path", &["branch", "new", "later/main"]);
            f.git(["pull", "-q", "--ff-only", "later", "main"])
                .refused("protected-path");
            f.git(["reset", "-q", "--hard"]).ok();

            f.baton(["install"]).ok();
            f.git(["update-ref", "refs/heads/main", &bad]).ok();
            let linked = f.linked("side");
            f.git_at(&linked, ["reset", "-q", "--hard", "main~1"]).ok();
            f.git_at(&linked, ["pull", "-q", "--ff-only", "later", "main"])
                .ok();
        }
    });
}

#[test]
fn a_remote_is_asked_where_it_was() {
    each_git(|git| {
        let f = Fixture::new(git);
        let bare = f.add_remote("origin");
        let bad = f.bad_object();
        let own = own_remote(&f, &bad);
        let (bare, own) = (bare.to_str().unwrap(), own.to_str().unwrap());
        f.git(["update-ref", "refs/remotes/origin/main", &bad]).ok();
        let moves = ["update-ref", "refs/heads/main", &bad];
        let settings = [
            (format!("url.{own}.insteadOf"), bare.to_owned()),
            (
                format!("url.{}/own.insteadOf", f.dir().display()),
                bare.replace(".git", ""),
            ),
            ("remote.origin.url".to_owned(), own.to_owned()),
            (format!("remote.{bare}.url"), own.to_owned()),
            (
                "remote.origin.uploadpack".to_owned(),
                format!("git-upload-pack {own} #"),
            ),
            (
                format!("remote.{bare}.uploadpack"),
                format!("git-upload-pack {own} #"),
            ),
        ];
        for (key, value) in &settings {
            f.git(["config", "--add", key, value]).ok();
            f.git(["config", "--unset-all", "remote.origin.url", "^/.*/origin"]);
            let ran = f.refuses("protected-path", &moves);
            f.git(["config", "--unset-all", key]).ok();
            f.git(["config", "remote.origin.url", bare]).ok();
            if key == "remote.origin.url" {
                assert!(ran.err.contains(WAY_OUT), "{key}: {ran:#?}");
            }

            let setting = format!("{key}={value}");
            f.git([&["-c", &setting], &moves[..]].concat())
                .refused("protected-path");
            let env = [
                ("GIT_CONFIG_COUNT", "1"),
                ("GIT_CONFIG_KEY_0", key.as_str()),
                ("GIT_CONFIG_VALUE_0", value.as_str()),
            ];
            f.git_with_env(&env, moves).refused("protected-path");
        }
        // The user's own file, or one that the caller calls so.
        let (key, value) = &settings[0];
        for file in ["home/.gitconfig", "forged"] {
            let file = f.path(file);
            let path = file.to_str().unwrap();
            f.git(["config", "--file", path, key, value]).ok();
            let env = [("GIT_CONFIG_GLOBAL", path), ("GIT_CONFIG_SYSTEM", path)];
            f.git_with_env(&env, moves).refused("protected-path");
            fs::remove_file(file).unwrap();
        }
        f.publish(Path::new(bare), &bad, "main");
        f.git(moves).ok();
    });
}

#[test]
fn a_remote_is_reached_as_when_it_was_recorded() {
    each_git(|git| {
        let f = Fixture::new(git);
        let bad = f.bad_object();
        let bare = f.path("up.git");
        f.git_at(f.dir(), ["clone", "-q", "--bare", "repo", "up.git"])
            .ok();
        let own = own_remote(&f, &bad);
        let (honest, false_one) = (f.path("honest"), f.path("ssh"));
        write_program(
            &honest,
            "#!/bin/sh\nfor last; do :; done\nexec sh -c \"$last\"\n",
        );
        let text = format!("#!/bin/sh\nexec git-upload-pack {}\n", own.display());
        write_program(&false_one, &text);
        let url = format!("ssh://somewhere{}", bare.display());
        f.git(["config", "ssh.variant", "simple"]).ok();
        f.git(["config", "core.sshCommand", honest.to_str().unwrap()])
            .ok();
        f.git(["remote", "add", "origin", &url]).ok();
        f.git(["fetch", "-q", "origin"]).ok();
        f.baton(["install"]).ok();
        f.git(["update-ref", "refs/remotes/origin/main", &bad]).ok();
        let moves = ["update-ref", "refs/heads/main", &bad];
        let path = false_one.to_str().unwrap();
        for variable in ["GIT_SSH_COMMAND", "GIT_SSH"] {
            f.git_with_env(&[(variable, path)], moves)
                .refused("protected-path");
        }
        f.git(["config", "core.sshCommand", path]).ok();
        f.refuses("protected-path", &moves);
        f.publish(&bare, &bad, "main");
        f.git(moves).ok();
    });
}

#[test]
fn a_remote_that_does_not_answer_is_named() {
    each_git(|git| {
        let f = Fixture::new(git);
        let bare = f.add_remote("origin");
        let bad = f.bad_object();
        f.publish(&bare, &bad, "main");
        f.git(["fetch", "-q", "origin"]).ok();
        fs::rename(&bare, f.path("gone")).unwrap();
        let ran = f.refuses("protected-path", &["update-ref", "refs/heads/main", &bad]);
        assert!(
            ran.err.contains("does not say what it has published"),
            "{ran:#?}"
        );
        assert!(ran.err.contains("origin.git"), "{ran:#?}");
    });
}

/// What the environment says when Baton is installed holds for the hooks.
#[test]
fn a_remote_is_reached_by_the_ssh_of_the_environment() {
    each_git(|git| {
        let f = Fixture::new(git);
        let bad = f.bad_object();
        let up = f.path("up.git");
        f.git_at(f.dir(), ["clone", "-q", "--bare", "repo", "up.git"])
            .ok();
        let ssh = f.path("own-ssh");
        write_program(
            &ssh,
            "#!/bin/sh\nfor last; do :; done\nexec sh -c \"$last\"\n",
        );
        let url = format!("ssh://somewhere{}", up.display());
        f.git(["config", "ssh.variant", "simple"]).ok();
        f.git(["remote", "add", "origin", &url]).ok();
        let env = [("GIT_SSH_COMMAND", ssh.to_str().unwrap())];
        f.shell(&format!("{}='{}' '{BATON}' install", env[0].0, env[0].1))
            .ok();
        f.publish(&up, &bad, "main");
        f.git_with_env(&env, ["fetch", "-q", "origin"]).ok();
        f.git(["update-ref", "refs/heads/main", &bad]).ok();
    });
}

#[test]
fn a_rewritten_address_is_asked_where_it_led() {
    each_git(|git| {
        let f = Fixture::new(git);
        let bad = f.bad_object();
        let own = own_remote(&f, &bad);
        let base = format!("{}/", f.dir().display());
        f.git(["config", &format!("url.{base}.insteadOf"), "forge:"])
            .ok();
        f.git(["remote", "add", "origin", "forge:own.git"]).ok();
        f.git(["fetch", "-q", "origin"]).ok();
        f.baton(["install"]).ok();
        let moves = ["update-ref", "refs/heads/main", &bad];
        let address = f.git(["remote", "get-url", "origin"]).ok();
        assert_eq!(address, own.to_str().unwrap());
        f.git(moves).ok();
    });
}

#[test]
fn a_false_git_deceives_no_hook() {
    each_git(|git| {
        let f = Fixture::new(git);
        f.add_remote("origin");
        let bad = f.bad_object();
        f.git(["update-ref", "refs/remotes/origin/main", &bad]).ok();
        let (directory, started) = (f.path("false"), f.path("started"));
        fs::create_dir(&directory).unwrap();
        let text = format!(
            "#!/bin/sh\n>'{}'\ncase $1 in ls-remote) printf '{bad}\\trefs/heads/main\\n';; *) exec '{}' \"$@\";; esac\n",
            started.display(),
            git.program.display()
        );
        write_program(&directory.join("git"), &text);
        let directory = directory.to_str().unwrap();
        let path = format!("{directory}:{}:/usr/bin:/bin", git.directory().display());
        let moves = ["update-ref", "refs/heads/main", &bad];
        for (variable, value) in [("GIT_EXEC_PATH", directory), ("PATH", &path)] {
            f.git_with_env(&[(variable, value)], moves)
                .refused("protected-path");
            assert!(!started.exists(), "{variable}");
        }
    });
}

#[test]
fn a_recorded_git_that_is_gone_gives_way_to_that_of_the_path() {
    each_git(|git| {
        let f = Fixture::new(git);
        let bare = f.add_remote("origin");
        let bad = f.bad_object();
        let program = format!("{:?}", git.program);
        rewrite_record(&f, |text| text.replace(&program, "\"/nowhere/git\""));
        f.git(["update-ref", "refs/remotes/origin/main", &bad]).ok();
        f.refuses("protected-path", &["update-ref", "refs/heads/main", &bad]);
        f.publish(&bare, &bad, "main");
        f.git(["update-ref", "refs/heads/main", &bad]).ok();
    });
}

#[test]
fn where_no_remotes_were_recorded_they_count_as_they_are() {
    each_git(|git| {
        let f = Fixture::new(git);
        let bad = f.bad_object();
        let own = own_remote(&f, &bad);
        f.git(["remote", "add", "later", own.to_str().unwrap()])
            .ok();
        f.git(["fetch", "-q", "later"]).ok();
        let moves = ["update-ref", "refs/heads/main", &bad];
        rewrite_record(&f, |text| text.replace("\"remotes\"", "\"other\""));
        f.git(moves).ok();

        let worse = f.object(&["HEAD"], HANDOFF, "worse\n", "worse");
        f.publish(&own, &worse, "main");
        f.git(["fetch", "-q", "later"]).ok();
        rewrite_record(&f, |_| "{".to_owned());
        f.refuses("protected-path", &["update-ref", "refs/heads/main", &worse]);
    });
}

/// Changes the record of the installation by hand.
fn rewrite_record(f: &Fixture, change: impl FnOnce(&str) -> String) {
    let path = f.git_dir().join("baton/install.json");
    let text = fs::read_to_string(&path).unwrap();
    let changed = change(&text);
    assert_ne!(changed, text);
    fs::write(path, changed).unwrap();
}
