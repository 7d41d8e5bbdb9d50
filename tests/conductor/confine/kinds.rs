//! Repositories of each kind.

use baton_testkit::Make;

use super::scene::each_kind;

#[test]
fn of_any_hash_and_any_store_of_references() {
    let sha256 = Make {
        sha256: true,
        ..Make::default()
    };
    let reftable = Make {
        reftable: true,
        ..Make::default()
    };
    each_kind(&[sha256, reftable], |scene| {
        scene
            .shell("echo a > a && git add a && git commit -qm one && git log main >/dev/null")
            .ok();
        assert_eq!(scene.git(&["log", "-1", "--format=%s"]), "one");
        assert_eq!(scene.git(&["status", "--short"]), "");
        scene.is_settled();
        scene.fixture.git(["fsck", "--strict"]).ok();
    });
}
