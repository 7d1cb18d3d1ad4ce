//! What is done with groups and roles.

use std::collections::HashSet;

use ldap3::Scope;
use sos_settings::{ADMINISTRATORS, MemberName};

use super::member::local_part;
use super::members::replace;
use super::name::{self, all, equals, people};
use super::team::{self, ATTRIBUTES};
use super::{Directory, DirectoryError, NewTeam, Revision, Team, TeamChange, TeamKind};

const ANY_TEAM: &str = "(objectClass=groupOfNames)";

impl Directory {
    /// All groups or all roles, by name.
    ///
    /// # Errors
    /// [`DirectoryError::Down`].
    pub async fn teams(&self, kind: TeamKind) -> Result<Vec<Team>, DirectoryError> {
        let kept = match kind {
            TeamKind::Group => &self.0.groups,
            TeamKind::Role => &self.0.roles,
        };
        let writes = self.0.connection.writes();
        if let Some(teams) = kept.get(writes) {
            return Ok(teams);
        }
        let entries = self.0.connection.search(&name::teams(kind), Scope::OneLevel, ANY_TEAM, &ATTRIBUTES).await?;
        let mut teams: Vec<Team> = entries.into_iter().filter_map(|entry| team::read(kind, entry)).collect();
        teams.sort_by(|one, other| one.name.cmp(&other.name));
        if self.0.connection.writes() == writes {
            kept.keep(writes, &teams);
        }
        Ok(teams)
    }

    /// The groups and roles that a member is in.
    ///
    /// # Errors
    /// [`DirectoryError::Down`].
    pub async fn teams_with(&self, member: &MemberName) -> Result<Vec<Team>, DirectoryError> {
        let filter = all([ANY_TEAM.to_owned(), equals("member", &name::member(member.as_str()))]);
        let mut teams = Vec::new();
        for kind in [TeamKind::Group, TeamKind::Role] {
            let found = self.0.connection.search(&name::teams(kind), Scope::OneLevel, &filter, &ATTRIBUTES).await?;
            teams.extend(found.into_iter().filter_map(|entry| team::read(kind, entry)));
        }
        teams.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(teams)
    }

    /// One group or role.
    ///
    /// # Errors
    /// [`DirectoryError::Down`].
    pub async fn team(&self, kind: TeamKind, name: &MemberName) -> Result<Option<Team>, DirectoryError> {
        let entry = self.0.connection.entry(&name::team(kind, name.as_str()), ANY_TEAM, &ATTRIBUTES).await?;
        Ok(entry.and_then(|entry| team::read(kind, entry)))
    }

    /// Adds a group or role.
    ///
    /// # Errors
    /// [`DirectoryError::Taken`], [`DirectoryError::Empty`], [`DirectoryError::NoSuchMember`].
    pub async fn add_team(&self, new: &NewTeam) -> Result<(), DirectoryError> {
        let _writing = self.0.writing.lock().await;
        self.expect_members(&new.members).await?;
        self.expect_free(&[new.name.as_str()], None).await?;
        let address = format!("{}@{}", new.name, self.domain().await?);
        let attributes = vec![
            ("objectClass", classes()),
            ("cn", vec![new.name.to_string()]),
            ("mailLocalAddress", vec![address]),
            ("member", dns(&new.members)),
            ("sosOpen", vec![truth(new.open)]),
        ];
        self.0.connection.add(&name::team(new.kind, new.name.as_str()), attributes).await
    }

    /// Changes a group or role, if it still is as `seen`.
    ///
    /// # Errors
    /// [`DirectoryError::Stale`], [`DirectoryError::Gone`], [`DirectoryError::Empty`],
    /// [`DirectoryError::NoSuchMember`], or [`DirectoryError::LastAdministrator`] when no administrator would be left
    /// who can log in.
    pub async fn change_team(&self, change: &TeamChange, seen: &Revision) -> Result<(), DirectoryError> {
        let _writing = self.0.writing.lock().await;
        self.expect_members(&change.members).await?;
        if is_administrators(change.kind, &change.name) && !self.can_any_log_in(&change.members).await? {
            return Err(DirectoryError::LastAdministrator);
        }
        let changes = vec![
            // Those of the provider's mapping may have no mark yet.
            replace("objectClass", classes()),
            replace("member", dns(&change.members)),
            replace("sosOpen", vec![truth(change.open)]),
        ];
        self.0.connection.modify(&name::team(change.kind, change.name.as_str()), changes, Some(seen)).await
    }

    /// Removes a group or role.
    ///
    /// # Errors
    /// [`DirectoryError::Gone`], or [`DirectoryError::LastAdministrator`] for the role that looks after the server.
    pub async fn remove_team(&self, kind: TeamKind, name: &MemberName) -> Result<(), DirectoryError> {
        let _writing = self.0.writing.lock().await;
        if is_administrators(kind, name) {
            return Err(DirectoryError::LastAdministrator);
        }
        self.0.connection.delete(&name::team(kind, name.as_str()), None).await
    }

    /// Whether a member looks after the server.
    ///
    /// # Errors
    /// [`DirectoryError::Down`].
    pub async fn is_administrator(&self, name: &MemberName) -> Result<bool, DirectoryError> {
        let filter = equals("member", &name::member(name.as_str()));
        Ok(self.0.connection.entry(&name::administrators(), &filter, &["cn"]).await?.is_some())
    }

    /// Who looks after the server.
    ///
    /// # Errors
    /// [`DirectoryError::Down`].
    pub async fn administrators(&self) -> Result<Vec<MemberName>, DirectoryError> {
        let entry = self.0.connection.entry(&name::administrators(), ANY_TEAM, &ATTRIBUTES).await?;
        Ok(entry.and_then(|entry| team::read(TeamKind::Role, entry)).map(|team| team.members).unwrap_or_default())
    }

    /// The organisation's domain, as the administrators' address has it.
    ///
    /// # Errors
    /// [`DirectoryError::Down`], or [`DirectoryError::Gone`] where there is no organisation yet.
    pub async fn domain(&self) -> Result<&str, DirectoryError> {
        let find = || async {
            let dn = name::administrators();
            let entry = self.0.connection.entry(&dn, ANY_TEAM, &["mailLocalAddress"]).await?;
            let addresses = entry.and_then(|mut entry| entry.attrs.remove("mailLocalAddress")).unwrap_or_default();
            let own = addresses.into_iter().find(|address| local_part(address) == ADMINISTRATORS);
            own.and_then(|own| Some(own.rsplit_once('@')?.1.to_owned())).ok_or(DirectoryError::Gone)
        };
        self.0.domain.get_or_try_init(find).await.map(String::as_str)
    }

    async fn expect_members(&self, names: &[MemberName]) -> Result<(), DirectoryError> {
        if names.is_empty() {
            return Err(DirectoryError::Empty);
        }
        let entries = self.0.connection.search(&name::members(), Scope::OneLevel, &people(), &["uid"]).await?;
        let known: HashSet<&str> =
            entries.iter().filter_map(|entry| Some(entry.attrs.get("uid")?.first()?.as_str())).collect();
        match names.iter().find(|name| !known.contains(name.as_str())) {
            Some(name) => Err(DirectoryError::NoSuchMember(name.to_string())),
            None => Ok(()),
        }
    }
}

fn is_administrators(kind: TeamKind, name: &MemberName) -> bool {
    kind == TeamKind::Role && name.as_str() == ADMINISTRATORS
}

fn classes() -> Vec<String> {
    ["groupOfNames", "inetLocalMailRecipient", "sosTeam"].map(str::to_owned).to_vec()
}

fn dns(members: &[MemberName]) -> Vec<String> {
    members.iter().map(|member| name::member(member.as_str())).collect()
}

fn truth(value: bool) -> String {
    if value { "TRUE".into() } else { "FALSE".into() }
}
