//! The program and its repository as a whole: what the command line says, what it sets up, and what holds the sources and the
//! documents together.

mod agent_hook;
mod agent_worktrees;
mod architecture;
mod circles;
mod demo;
mod doc_comments;
mod init;
mod init_agents;
mod install_sh;
mod mcp;
mod newcomer;
mod parsed;
mod schema;
mod security_doc;
mod sources;
mod transcripts;
