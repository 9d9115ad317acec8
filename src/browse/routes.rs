//! The page for each address behind the token.

use super::answer::PageAnswer;
use super::error::BrowseError;
use super::filter::PageQuery;
use super::library::Library;
use super::pages;
use crate::model::Entity;

pub(super) fn answer(library: &Library, path: &str, query: &str) -> Result<PageAnswer, BrowseError> {
    let snapshot = &*library.snapshot()?;
    let query = PageQuery::parse(query);
    match path {
        "" | "/" => pages::overview::page(library, snapshot),
        "/search" => pages::search::page(library, snapshot, &query),
        "/users" => pages::search::list(library, snapshot, Entity::User, &query),
        "/channels" => pages::search::list(library, snapshot, Entity::Channel, &query),
        "/roles" => pages::search::list(library, snapshot, Entity::Role, &query),
        "/user" => pages::user::page(library, snapshot, &query),
        "/user.csv" => pages::user::csv(library, snapshot, &query),
        "/channel" => pages::channel::page(library, snapshot, &query),
        "/channel.csv" => pages::channel::csv(library, snapshot, &query),
        "/messages" => pages::channel::messages(library, snapshot, &query),
        "/role" => pages::role::page(library, snapshot, &query),
        "/evidence" => pages::evidence::page(library, snapshot),
        _ => pages::missing::page(library, snapshot, "There is no such page."),
    }
}
