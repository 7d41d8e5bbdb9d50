//! The server: which tools there are, and how a call is answered.

use std::error::Error;

use miette::{Diagnostic, IntoDiagnostic, WrapErr};
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, Implementation,
    ListToolsResult, PaginatedRequestParams, ServerCapabilities, ServerConfig,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler, ServiceExt};
use serde_json::Value;

use super::tools;
use baton_core::report::escape;
use baton_sys::warnings;

/// The words by which a client tells its model of the server.
const INSTRUCTIONS: &str = "Baton guards this git repository and keeps coding agents apart. Begin a session in your \
    worktree before you change files, claim the paths that you are about to change, and hand in a summary before you end \
    the session. Name the worktree in which you work by its absolute path in each call.";

/// Answers a client until it closes standard input.
pub(super) async fn serve() -> miette::Result<()> {
    let served = Server.serve(rmcp::transport::stdio()).await;
    let served = served
        .into_diagnostic()
        .wrap_err("the client on standard input does not speak the Model Context Protocol")?;
    served
        .waiting()
        .await
        .into_diagnostic()
        .wrap_err("the server ended before its client did")?;
    Ok(())
}

struct Server;

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder().enable_tools().build();
        ServerConfig::new(capabilities)
            .with_server_info(Implementation::new("git-baton", env!("CARGO_PKG_VERSION")))
            .with_instructions(INSTRUCTIONS)
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let described = tools::all().into_iter().map(|tool| tool.description);
        Ok(ListToolsResult::with_all_items(described.collect()))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let mut all = tools::all().into_iter();
        let Some(tool) = all.find(|tool| tool.description.name == request.name) else {
            let message = format!("there is no tool `{}`", request.name);
            return Err(ErrorData::invalid_params(message, None));
        };
        let arguments = Value::Object(request.arguments.unwrap_or_default());
        let answered = tokio::task::spawn_blocking(move || (tool.call)(arguments)).await;
        let mut result = match answered {
            Ok(Ok(json)) => answer(&json),
            Ok(Err(report)) => failure(&*report),
            Err(error) => return Err(ErrorData::internal_error(error.to_string(), None)),
        };
        let told = warnings::take().into_iter();
        let told = told.map(|warning| format!("warning: {}", escape::inert(warning.as_bytes())));
        result.content.extend(told.map(ContentBlock::text));
        Ok(result.into())
    }
}

/// The document that a command prints as JSON.
fn answer(json: &str) -> CallToolResult {
    match serde_json::from_str(json) {
        Ok(document) => CallToolResult::structured(document),
        Err(_) => CallToolResult::success(vec![ContentBlock::text(json)]),
    }
}

/// The failure of a command: the message, its causes and the help.
fn failure(error: &dyn Diagnostic) -> CallToolResult {
    let mut text = error.to_string();
    let mut cause = Error::source(error);
    while let Some(error) = cause {
        text.push_str(&format!("\nbecause {error}"));
        cause = error.source();
    }
    if let Some(help) = error.help() {
        text.push_str(&format!("\nhelp: {help}"));
    }
    CallToolResult::error(vec![ContentBlock::text(escape::output(&text))])
}
