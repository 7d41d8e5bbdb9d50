//! Merging on real repositories: in memory beside what `git merge` does, and with the program.

mod conflicts;
mod crash;
mod forecast;
mod full;
mod like_git;
mod messages;
mod refusals;
mod schema;
mod side_by_side;
mod straight;
mod tests_fail;
mod together;
mod world;
