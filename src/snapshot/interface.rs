//! What other stages ask of a snapshot and have written to it, in one place. The files below do it.

use std::path::Path;

use super::completeness::check::{self, CheckReport};
use super::completeness::of_person::{self, MissingOfPerson};
use super::completeness::reconcile::{self, Reconciled};
use super::diff::{digest, list_digest};
use super::error::SnapshotError;
use super::info::{self, Disagreement, Info};
use super::properties::{self, CrawlIdentity, Verdict};
use super::read::listed::{self, ListedMembership, RoleHolder};
use super::read::member_by_sid;
use super::read::names::{self, NameMatch, NamedRecord};
use super::read::participants::{self, Participation, ParticipationWith};
use super::read::reader::Snapshot;
use super::read::service_view::{self, ServiceView};
use super::read::walk;
use super::read::walk_row::Walk;
use super::unit::{SoFar, Unit, UnitId};
use super::write::carry::{self, Carried};
use super::write::focus::{self, AddFocus};
use super::write::pages::{self, Detail, StoredPage};
use super::write::writer::{LargestPage, SnapshotWriter};
use super::write::{carried_users, frontier, single_reads, start};
use crate::model::{
    Api, Channel, ChannelSid, Entity, Invite, Issue, ListPage, Membership, Message, MessageSid, Role,
    RoleSid, RowRecords, Service, ServiceSid, Share, User, UserSid,
};

impl Snapshot {
    /// What it says about itself.
    pub fn info(&self) -> Result<Info, SnapshotError> {
        self.sql(info::read)
    }

    /// How many records of an entity a walk has.
    pub(crate) fn count(&self, entity: Entity) -> Result<u64, SnapshotError> {
        self.sql(|connection| info::count(connection, entity))
    }

    /// What did not agree about a user or channel.
    pub(crate) fn disagreements_about(&self, sid: &str) -> Result<Vec<Disagreement>, SnapshotError> {
        self.sql(|connection| info::disagreements_about(connection, sid))
    }

    /// What it lacks of a person: of this user, or of one who is none.
    pub(crate) fn missing_of_person(
        &self,
        user: Option<&UserSid>,
    ) -> Result<Vec<MissingOfPerson>, SnapshotError> {
        self.sql(|connection| of_person::missing(connection, user))
    }

    /// What it has from an older one, and did not read itself.
    pub fn carried(&self) -> Result<Option<Carried>, SnapshotError> {
        self.sql(carry::carried)
    }

    /// Makes every check. It reads the entire file. `bytes` is what `check_file` found before it was opened.
    pub fn check(&self, bytes: Result<(), SnapshotError>) -> Result<CheckReport, SnapshotError> {
        check::check(self, bytes)
    }

    /// The digest of the records that it holds, as 64 hexadecimal digits. Reads every row once.
    pub fn content_digest(&self) -> Result<String, SnapshotError> {
        self.sql(digest::content_digest)
    }

    /// The digest of its messages, which [`content_digest`](Self::content_digest) leaves out: only a plan that copies them reads them all.
    pub(crate) fn message_digest(&self) -> Result<String, SnapshotError> {
        self.sql(digest::message_digest)
    }

    /// One of its services; none where it does not have it.
    pub fn service(&self, sid: &ServiceSid) -> Result<Option<ServiceView<'_>>, SnapshotError> {
        service_view::of(self, sid)
    }

    /// Visits the records of every row in order: see `walk::walk`.
    pub fn walk<E: From<SnapshotError>>(
        &self,
        walk: &Walk,
        mut visit: impl FnMut(&RowRecords<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        walk::walk(self, *walk, None, &mut visit)
    }

    pub(crate) fn record_of_sid(&self, text: &str) -> Result<Option<NamedRecord>, SnapshotError> {
        names::record_of_sid(self, text)
    }

    /// The member of a SID, by its identity.
    pub(crate) fn member_of_sid(&self, text: &str) -> Result<Option<NamedRecord>, SnapshotError> {
        member_by_sid::member_of_sid(self, text)
    }

    /// What is listed of a member that [`member_of_sid`](Self::member_of_sid) found.
    pub(crate) fn member_listed(
        &self,
        record: &NamedRecord,
    ) -> Result<Option<ListedMembership>, SnapshotError> {
        member_by_sid::member_listed(self, record)
    }

    /// The records that a text names, up to so many of each kind.
    pub(crate) fn named(
        &self,
        text: &str,
        how: NameMatch,
        most: u32,
    ) -> Result<Vec<NamedRecord>, SnapshotError> {
        names::named(self, text, how, most)
    }

    /// The SID of the listed user of that identity, in any service.
    pub(crate) fn user_of_identity(&self, identity: &str) -> Result<Option<String>, SnapshotError> {
        names::user_of_identity(self, identity)
    }

    /// Visits users, channels and roles with their names, in the order of services, kinds and SIDs.
    pub(crate) fn each_name<E: From<SnapshotError>>(
        &self,
        visit: impl FnMut(NamedRecord) -> Result<(), E>,
    ) -> Result<(), E> {
        names::each_name(self, visit)
    }

    /// A service for single reads and [`ServiceView::people_of`]: unlike [`Snapshot::service`] it makes no index.
    pub(crate) fn service_for_single_reads(
        &self,
        sid: &ServiceSid,
    ) -> Result<Option<ServiceView<'_>>, SnapshotError> {
        listed::service_for_single_reads(self, sid)
    }

    pub(crate) fn service_records(&self) -> Result<Vec<Service>, SnapshotError> {
        listed::service_records(self)
    }

    /// The roles of all services.
    pub(crate) fn role_records(&self) -> Result<Vec<Role>, SnapshotError> {
        listed::role_records(self)
    }

    /// The channels with the most members, by their counters.
    pub(crate) fn largest_channels(&self, most: u32) -> Result<Vec<Channel>, SnapshotError> {
        listed::largest_channels(self, most)
    }

    /// Visits the role of every user and of every member, with who has it.
    pub(crate) fn each_role_holder<E: From<SnapshotError>>(
        &self,
        visit: impl FnMut(&RoleSid, &dyn Fn() -> Result<RoleHolder, SnapshotError>) -> Result<(), E>,
    ) -> Result<(), E> {
        listed::each_role_holder(self, visit)
    }
}

impl ServiceView<'_> {
    /// Visits all participants of a channel: first those without a member, by user SID; then by member SID.
    pub fn participations<E: From<SnapshotError>>(
        &self,
        channel: &ChannelSid,
        with: ParticipationWith,
        visit: &mut dyn FnMut(&Participation) -> Result<(), E>,
    ) -> Result<(), E> {
        participants::participations(self, channel, with, visit)
    }

    /// Visits the pending invitations to a channel, by SID.
    pub fn invites<E: From<SnapshotError>>(
        &self,
        channel: &ChannelSid,
        visit: &mut dyn FnMut(&Invite) -> Result<(), E>,
    ) -> Result<(), E> {
        participants::invites(self, channel, visit)
    }

    pub(crate) fn role(&self, sid: &RoleSid) -> Result<Option<Role>, SnapshotError> {
        listed::role(self, sid)
    }

    /// A user's channels: by its own list, or, where a crawl read members only, by its identity among the members.
    pub(crate) fn channels_of(&self, user: &User) -> Result<Vec<ListedMembership>, SnapshotError> {
        listed::channels_of(self, user)
    }

    /// Visits the people of a channel.
    pub(crate) fn people_of<E: From<SnapshotError>>(
        &self,
        channel: &ChannelSid,
        visit: &mut dyn FnMut(ListedMembership) -> Result<(), E>,
    ) -> Result<(), E> {
        listed::people_of(self, channel, visit)
    }

    /// Messages of a channel, in its order.
    pub(crate) fn messages_of(
        &self,
        channel: &ChannelSid,
        skip: u64,
        most: u32,
    ) -> Result<Vec<Message>, SnapshotError> {
        listed::messages_of(self, channel, skip, most)
    }

    /// Messages of a channel, in its order: those from this index on, or after this message that has it. Those without an index come last.
    pub(crate) fn messages_from(
        &self,
        channel: &ChannelSid,
        index: Option<i64>,
        after: Option<&MessageSid>,
        most: u32,
    ) -> Result<Vec<Message>, SnapshotError> {
        listed::messages_from(self, channel, index, after, most)
    }

    /// How many messages of a channel were read.
    pub(crate) fn message_count_of(&self, channel: &ChannelSid) -> Result<u64, SnapshotError> {
        listed::message_count_of(self, channel)
    }
}

impl SnapshotWriter {
    /// Creates a snapshot for a crawl. No file of that name may exist.
    pub fn create(
        path: &Path,
        identity: &CrawlIdentity,
        largest_page: LargestPage,
    ) -> Result<Self, SnapshotError> {
        start::create(path, identity, largest_page, |_| Ok(()))
    }

    /// Creates a snapshot of a part, which `name` names one by one.
    pub fn create_focused<E: From<SnapshotError>>(
        path: &Path,
        identity: &CrawlIdentity,
        largest_page: LargestPage,
        name: impl FnOnce(&mut AddFocus<'_>) -> Result<(), E>,
    ) -> Result<Self, E> {
        start::create(path, identity, largest_page, |writer| focus::limit_to(writer, name))
    }

    /// Creates a snapshot of one person: the only user that `identity` selects.
    pub fn create_of_one_person(
        path: &Path,
        identity: &CrawlIdentity,
        largest_page: LargestPage,
    ) -> Result<Self, SnapshotError> {
        start::create(path, identity, largest_page, |writer| {
            writer.sql(|connection| properties::set(connection, properties::ONE_PERSON, "1"))?;
            writer.of_one_person = true;
            Ok(())
        })
    }

    /// Creates a snapshot of which a share is read by the other route too.
    pub fn create_cross_checked(
        path: &Path,
        identity: &CrawlIdentity,
        largest_page: LargestPage,
        share: Share,
    ) -> Result<Self, SnapshotError> {
        start::create(path, identity, largest_page, |writer| {
            writer.sql(|connection| properties::set(connection, "cross_check", &share.to_string()))?;
            writer.cross_check = Some(share);
            Ok(())
        })
    }

    /// Opens a snapshot whose crawl is over, to store memberships in it while it is read.
    pub fn open_for_views(path: &Path, largest_page: LargestPage) -> Result<Self, SnapshotError> {
        single_reads::open(path, largest_page)
    }

    /// Stores memberships of a user whom the snapshot has listed. Returns whether it has.
    pub fn store_views(
        &mut self,
        service: &ServiceSid,
        user: &UserSid,
        memberships: &[Membership],
    ) -> Result<bool, SnapshotError> {
        single_reads::store(self, service, user, memberships)
    }

    /// What it says about itself.
    pub fn info(&self) -> Result<Info, SnapshotError> {
        self.sql(info::read)
    }

    /// Whether the crawl has ended, and with what verdict. An ended crawl may be incomplete.
    pub fn finished(&self) -> Result<Option<Verdict>, SnapshotError> {
        self.sql(properties::finished)
    }

    /// Whether nothing was received yet, so that nothing is lost if another crawl takes its place.
    pub fn is_empty(&self) -> Result<bool, SnapshotError> {
        self.sql(properties::is_empty)
    }

    /// Whether the crawl is limited to a part.
    pub fn is_focused(&self) -> bool {
        self.focused
    }

    /// Whether the crawl is of one person.
    pub fn is_of_one_person(&self) -> bool {
        self.of_one_person
    }

    /// Whether the crawl is of the part that `name` names.
    pub fn has_focus<E: From<SnapshotError>>(
        &self,
        name: impl FnOnce(&mut AddFocus<'_>) -> Result<(), E>,
    ) -> Result<bool, E> {
        focus::has_focus(self, name)
    }

    /// The share that is read by the other route too.
    pub fn cross_check(&self) -> Option<Share> {
        self.cross_check
    }

    /// Resumes the crawl: failed units are retried, and what disagreed in a crawl that had ended is rechecked.
    pub fn resume(&mut self) -> Result<(), SnapshotError> {
        start::resume(self)
    }

    /// From now on users who look unchanged since `base` are carried over, but for a share of them.
    pub fn carry_over_from(&mut self, base: &Path, read_anyway: Share) -> Result<(), SnapshotError> {
        carried_users::carry_over_from(self, base, read_anyway)
    }

    /// Turns the crawl to another API, if nothing was received from the first one. Returns whether it turned.
    pub fn turn_to(&mut self, source: Api) -> Result<bool, SnapshotError> {
        let turned = self.sql(|connection| properties::turn_to(connection, source))?;
        if turned {
            self.identity.source = source;
        }
        Ok(turned)
    }

    /// Adds to the requests of the crawl's runs so far. The minimum is set once, at the end.
    pub fn count_requests(&self, total: u64, retried: u64, throttled: u64) -> Result<(), SnapshotError> {
        self.sql(|connection| properties::count_requests(connection, total, retried, throttled))
    }

    /// Adds to the seconds that the crawl's runs have taken.
    pub fn count_seconds(&self, seconds: f64) -> Result<(), SnapshotError> {
        self.sql(|connection| properties::count_seconds(connection, seconds))
    }

    /// What earlier runs have read.
    pub fn so_far(&self) -> Result<SoFar, SnapshotError> {
        frontier::so_far(self)
    }

    /// Units that wait to be read, most pages first, without those already taken.
    pub fn pending(&mut self, most: usize, taken: &[UnitId]) -> Result<Vec<Unit>, SnapshotError> {
        frontier::pending(self, most, taken)
    }

    /// Stores a page: its rows, its issues and the unit's cursor, in the transaction that the caller began.
    pub fn store_page(&mut self, unit: &Unit, page: &ListPage) -> Result<StoredPage, SnapshotError> {
        pages::store_page(self, unit, page)
    }

    /// Stores a record that was fetched by itself; its unit is complete.
    pub fn store_detail(
        &mut self,
        unit: &Unit,
        detail: &Detail,
        issues: &[Issue],
    ) -> Result<StoredPage, SnapshotError> {
        pages::store_detail(self, unit, detail, issues)
    }

    /// Restarts a unit from its first page. Rows of the former pass stay until the new one is complete.
    pub fn restart_unit(&mut self, unit: UnitId) -> Result<(), SnapshotError> {
        frontier::restart_unit(self, unit)
    }

    /// Records that a unit could not be read, and why. Its cursor stays: a later run resumes there.
    pub fn fail_unit(&mut self, unit: UnitId, why: &str) -> Result<(), SnapshotError> {
        frontier::fail_unit(self, unit, why)
    }

    /// Records that a unit's user or channel is gone, with the evidence.
    pub fn vanish_unit(&mut self, unit: &Unit, evidence: &str) -> Result<(), SnapshotError> {
        frontier::vanish_unit(self, unit, evidence)
    }

    /// The round that the next [`Self::reconcile`] is.
    pub fn next_round(&self) -> Result<u32, SnapshotError> {
        reconcile::next_round(self)
    }

    /// Compares the sides of the API and has what disagrees read again, unless this is the `last` round.
    pub fn reconcile(&mut self, round: u32, last: bool) -> Result<Reconciled, SnapshotError> {
        reconcile::reconcile(self, round, last)
    }

    /// Ends the crawl: the verdict from the evidence, and the fewest requests it could have taken.
    pub fn finish(&mut self, finished: &str) -> Result<Verdict, SnapshotError> {
        reconcile::finish(self, finished)
    }

    /// Writes the digests of a finished crawl's lists into its snapshot.
    pub fn write_list_digests(&mut self) -> Result<(), SnapshotError> {
        list_digest::keep_all(self)
    }
}
