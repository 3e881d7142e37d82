//! Files that are brought in: taken in, looked through, imported, taken back.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use roundsman_core::error::{Refusal, codes};
use roundsman_core::records::{PriceList, Territory, Warehouse};
use roundsman_store::imports::RunRow;
use roundsman_store::lists::Rows;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::devices::require_governor;
use super::list::List;
use super::{Json, Path, Query};
use crate::app::App;
use crate::error::{Error, Result};
use crate::exchange::columns::Kind;
use crate::exchange::company::{Company, Defaults};
use crate::exchange::plan::Outcome;
use crate::exchange::report::{self, Language};
use crate::exchange::sheet::Fault;
use crate::exchange::twins::Twin;
use crate::exchange::{Import, Preview, Settings, Task};
use crate::identity::Me;

/// Rows of one answer.
const ROWS_MAX: u32 = 100;

/// What a file is.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
pub struct About {
    /// What it holds.
    kind: Kind,
    /// What it is called.
    file_name: String,
}

/// A field that a column can fill.
#[derive(Debug, Serialize, ToSchema)]
pub struct FieldRow {
    name: String,
    /// Whether there must be a column for it.
    needed: bool,
}

/// An import with what is needed to say how its file is read.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImportCard {
    import: Import,
    preview: Preview,
    fields: Vec<FieldRow>,
    territories: Vec<Territory>,
    price_lists: Vec<PriceList>,
    warehouses: Vec<Warehouse>,
}

/// A row that is not imported, or not yet.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RowView {
    /// Its number in the file, as a spreadsheet counts.
    n: u32,
    /// What is wrong with its cells.
    faults: Vec<Fault>,
    /// What it is probably the same as.
    twin: Option<Twin>,
}

/// Which rows.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RowsAsked {
    /// After this number.
    after: Option<u32>,
}

/// How the file is written.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct InLanguage {
    /// `zh-CN` for Chinese; English otherwise.
    language: Option<String>,
}

/// The latest imports, the newest first.
#[utoipa::path(get, path = "/api/imports",
    responses((status = 200, body = List<Import>), (status = "default", body = Refusal)))]
pub async fn list(Me(me): Me, State(app): State<Arc<App>>) -> Result<Json<List<Import>>> {
    require_governor(&me)?;
    let rows = app.imports.list().await?;
    Ok(Json(List::of(Rows { total: rows.len() as u64, rows }, |it| it)))
}

/// Takes a file in and finds its columns.
#[utoipa::path(post, path = "/api/imports", params(About),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 200, body = Import), (status = "default", body = Refusal)))]
pub async fn add(
    Me(me): Me,
    State(app): State<Arc<App>>,
    Query(about): Query<About>,
    content: std::result::Result<Bytes, BytesRejection>,
) -> Result<Json<Import>> {
    require_governor(&me)?;
    let content = content.map_err(|_| Refusal::new(codes::TOO_LARGE).with("field", "file"))?;
    let id = app.imports.add(me.id, about.kind, &about.file_name, content.to_vec()).await?;
    Ok(Json(app.imports.show(id).await?))
}

/// An import.
#[utoipa::path(get, path = "/api/imports/{id}", params(("id" = String, Path)),
    responses((status = 200, body = ImportCard), (status = "default", body = Refusal)))]
pub async fn show(
    Me(me): Me,
    State(app): State<Arc<App>>,
    Path(id): Path<Uuid>,
) -> Result<Json<ImportCard>> {
    require_governor(&me)?;
    let import = app.imports.show(id).await?;
    let mut db = app.store.read.acquire().await.map_err(Error::internal)?;
    let times = (app.clock.now(), app.clock.today());
    let company = Company::read(&mut db, Defaults::default(), me.id, times).await?;
    let fields = import.kind.fields().iter();
    let fields = fields.map(|it| FieldRow { name: it.name.to_owned(), needed: it.needed });
    Ok(Json(ImportCard {
        preview: app.imports.preview(id).await?,
        fields: fields.collect(),
        import,
        territories: company.territories,
        price_lists: company.lists,
        warehouses: company.warehouses,
    }))
}

/// How far an import is.
#[utoipa::path(get, path = "/api/imports/{id}/progress", params(("id" = String, Path)),
    responses((status = 200, body = Import), (status = "default", body = Refusal)))]
pub async fn show_progress(
    Me(me): Me,
    State(app): State<Arc<App>>,
    Path(id): Path<Uuid>,
) -> Result<Json<Import>> {
    require_governor(&me)?;
    Ok(Json(app.imports.show(id).await?))
}

/// Says how a file is read.
#[utoipa::path(post, path = "/api/imports/{id}/settings", params(("id" = String, Path)),
    request_body = Settings, responses((status = 204), (status = "default", body = Refusal)))]
pub async fn set(
    Me(me): Me,
    State(app): State<Arc<App>>,
    Path(id): Path<Uuid>,
    Json(settings): Json<Settings>,
) -> Result<StatusCode> {
    require_governor(&me)?;
    app.imports.set(id, settings).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Begins to look through a file: nothing is imported.
#[utoipa::path(post, path = "/api/imports/{id}/check", params(("id" = String, Path)),
    responses((status = 202), (status = "default", body = Refusal)))]
pub async fn check(me: Me, app: State<Arc<App>>, Path(id): Path<Uuid>) -> Result<StatusCode> {
    begin(me, app, id, Task::Check).await
}

/// Begins to import what is not imported yet.
#[utoipa::path(post, path = "/api/imports/{id}/run", params(("id" = String, Path)),
    responses((status = 202), (status = "default", body = Refusal)))]
pub async fn run(me: Me, app: State<Arc<App>>, Path(id): Path<Uuid>) -> Result<StatusCode> {
    begin(me, app, id, Task::Run).await
}

/// Begins to take an import back.
#[utoipa::path(post, path = "/api/imports/{id}/undo", params(("id" = String, Path)),
    responses((status = 202), (status = "default", body = Refusal)))]
pub async fn undo(me: Me, app: State<Arc<App>>, Path(id): Path<Uuid>) -> Result<StatusCode> {
    begin(me, app, id, Task::Undo).await
}

/// Whoever asked goes on asking how far it is: a long file takes longer than an answer may.
async fn begin(
    Me(me): Me,
    State(app): State<Arc<App>>,
    id: Uuid,
    task: Task,
) -> Result<StatusCode> {
    require_governor(&me)?;
    let ready = app.imports.ready(id, task).await?;
    tokio::spawn(async move {
        if let Err(error) = app.imports.go(ready, |_| {}).await {
            tracing::error!(import = %id, %error, "an import stopped");
        }
    });
    Ok(StatusCode::ACCEPTED)
}

/// Rows that are not imported, with why.
#[utoipa::path(get, path = "/api/imports/{id}/rows", params(("id" = String, Path), RowsAsked),
    responses((status = 200, body = List<RowView>), (status = "default", body = Refusal)))]
pub async fn list_rows(
    Me(me): Me,
    State(app): State<Arc<App>>,
    Path(id): Path<Uuid>,
    Query(asked): Query<RowsAsked>,
) -> Result<Json<List<RowView>>> {
    require_governor(&me)?;
    let left = [Outcome::Refused, Outcome::Twin];
    let rows = app.imports.rows(id, &left, (asked.after.unwrap_or(0), ROWS_MAX)).await?;
    let counts = app.imports.show(id).await?.counts;
    let total = left.iter().filter_map(|it| counts.get(it.name())).copied().map(u64::from).sum();
    let rows = rows.iter().map(row).collect::<Result<Vec<_>>>()?;
    Ok(Json(List::of(Rows { total, rows }, |it| it)))
}

fn row(row: &RunRow) -> Result<RowView> {
    Ok(RowView { n: row.n, faults: report::faults(row)?, twin: report::twin(row)? })
}

/// Those rows as a file that can be put right and imported again.
#[utoipa::path(get, path = "/api/imports/{id}/refused", params(("id" = String, Path), InLanguage),
    responses((status = 200, content_type = "text/csv"), (status = "default", body = Refusal)))]
pub async fn show_refused(
    Me(me): Me,
    State(app): State<Arc<App>>,
    Path(id): Path<Uuid>,
    Query(asked): Query<InLanguage>,
) -> Result<Response> {
    require_governor(&me)?;
    let chinese = asked.language.is_some_and(|it| it.starts_with("zh"));
    let language = if chinese { Language::Zh } else { Language::En };
    let file = app.imports.refused(id, language).await?;
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8"),
        (CONTENT_DISPOSITION, "attachment; filename=\"not-imported.csv\""),
    ];
    Ok((headers, file).into_response())
}
