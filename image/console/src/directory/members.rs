//! What is done with members.

use std::collections::{HashMap, HashSet};

use ldap3::{Mod, Scope, SearchEntry};
use sos_settings::{ADMINISTRATORS, LocalPart, MemberName, PROBE_MEMBER, SUFFIX};

use super::member::{self, ATTRIBUTES, local_part};
use super::name::{self, all, any, equals, people};
use super::{Directory, DirectoryError, Member, MemberChange, NewMember, Revision, Standing};

/// Addresses that nobody has in the directory, or nobody whom we can see, and who has them.
const KEPT: [(&str, &str); 2] = [("mailer-daemon", ADMINISTRATORS), (PROBE_MEMBER, PROBE_MEMBER)];

/// Addresses of a member that are on their way to another one.
const LEAVING: &str = "sosLeaving";

impl Directory {
    /// All members that are people, by full name.
    ///
    /// # Errors
    /// [`DirectoryError::Down`].
    pub async fn members(&self) -> Result<Vec<Member>, DirectoryError> {
        let writes = self.0.connection.writes();
        if let Some(members) = self.0.members.get(writes) {
            return Ok(members);
        }
        let entries = self.0.connection.search(&name::members(), Scope::OneLevel, &people(), &ATTRIBUTES).await?;
        let mut members: Vec<Member> = entries.into_iter().filter_map(member::read).collect();
        members.sort_by_cached_key(|member| (sort_key(&member.full_name), member.name.clone()));
        if self.0.connection.writes() == writes {
            self.0.members.keep(writes, &members);
        }
        Ok(members)
    }

    /// One member.
    ///
    /// # Errors
    /// [`DirectoryError::Down`].
    pub async fn member(&self, name: &MemberName) -> Result<Option<Member>, DirectoryError> {
        let entry = self.0.connection.entry(&name::member(name.as_str()), &people(), &ATTRIBUTES).await?;
        Ok(entry.and_then(member::read))
    }

    /// One member, and whether they look after the server, in one question.
    ///
    /// # Errors
    /// [`DirectoryError::Down`].
    pub async fn standing(&self, name: &MemberName) -> Result<Option<Standing>, DirectoryError> {
        let role = [equals("objectClass", "groupOfNames"), equals("cn", ADMINISTRATORS)];
        let role = all(role.into_iter().chain([equals("member", &name::member(name.as_str()))]));
        let filter = any([all([people(), equals("uid", name.as_str())]), role]);
        let entries = self.0.connection.search(SUFFIX, Scope::Subtree, &filter, &ATTRIBUTES).await?;
        let administrators = name::administrators();
        let administrator = entries.iter().any(|entry| entry.dn == administrators);
        let member = entries.into_iter().find_map(member::read);
        Ok(member.map(|member| Standing { member, administrator }))
    }

    /// The members whose address elsewhere is `address`, whatever its case.
    ///
    /// # Errors
    /// [`DirectoryError::Down`].
    pub async fn member_by_recovery(&self, address: &str) -> Result<Vec<Member>, DirectoryError> {
        let filter = all([people(), equals("sosRecovery", address)]);
        let entries = self.0.connection.search(&name::members(), Scope::OneLevel, &filter, &ATTRIBUTES).await?;
        Ok(entries.into_iter().filter_map(member::read).collect())
    }

    /// Whose every address is: what stands before its `@`, and the member, group or role that has it.
    ///
    /// # Errors
    /// [`DirectoryError::Down`].
    pub async fn addresses(&self) -> Result<HashMap<String, String>, DirectoryError> {
        let wanted = ["uid", "cn", "mailLocalAddress"];
        let everybody = "(objectClass=inetLocalMailRecipient)";
        let mut addresses = HashMap::new();
        for entry in self.0.connection.search(SUFFIX, Scope::Subtree, everybody, &wanted).await? {
            let by = owner(&entry);
            for address in entry.attrs.get("mailLocalAddress").into_iter().flatten() {
                addresses.insert(local_part(&address.to_ascii_lowercase()).to_owned(), by.clone());
            }
        }
        addresses.extend(KEPT.map(|(kept, by)| (kept.to_owned(), by.to_owned())));
        Ok(addresses)
    }

    /// Adds a member without a password.
    ///
    /// # Errors
    /// [`DirectoryError::Taken`] when one of their addresses is somebody's already.
    pub async fn add_member(&self, new: &NewMember) -> Result<(), DirectoryError> {
        let _writing = self.0.writing.lock().await;
        let locals = with_name(&new.name, &new.addresses);
        self.expect_free(&locals, None).await?;
        let domain = self.domain().await?;
        let addresses: Vec<String> = locals.iter().map(|local| format!("{local}@{domain}")).collect();
        let classes = ["inetOrgPerson", "inetLocalMailRecipient", "sosMember"].map(str::to_owned).to_vec();
        let attributes = vec![
            ("objectClass", classes),
            ("uid", vec![new.name.to_string()]),
            ("cn", vec![new.full_name.to_string()]),
            ("sn", vec![surname(new.full_name.as_str())]),
            ("mail", vec![addresses[0].clone()]),
            ("mailLocalAddress", addresses),
            ("mailRoutingAddress", texts(new.forward.as_ref())),
            ("sosRecovery", texts(new.recovery.as_ref())),
            ("sosMailQuota", texts(new.quota_mib.as_ref())),
        ];
        self.0.connection.add(&name::member(new.name.as_str()), attributes).await
    }

    /// Changes a member, if they still are as `seen`.
    ///
    /// # Errors
    /// [`DirectoryError::Stale`], [`DirectoryError::Taken`], [`DirectoryError::Gone`], or
    /// [`DirectoryError::LastAdministrator`] when the last one would be suspended.
    pub async fn change_member(&self, change: &MemberChange, seen: &Revision) -> Result<(), DirectoryError> {
        let _writing = self.0.writing.lock().await;
        let name = &change.name;
        let current = self.member(name).await?.ok_or(DirectoryError::Gone)?;
        if current.revision != *seen {
            return Err(DirectoryError::Stale);
        }
        if change.suspended == Some(true) && self.is_last_administrator(name).await? {
            return Err(DirectoryError::LastAdministrator);
        }
        let mut changes = Vec::new();
        if let Some(full_name) = &change.full_name {
            changes.push(replace("cn", vec![full_name.to_string()]));
            changes.push(replace("sn", vec![surname(full_name.as_str())]));
        }
        let moved = change.addresses.as_ref().filter(|addresses| !are_same(name, addresses, &current.addresses));
        if let Some(addresses) = moved {
            let locals = with_name(name, addresses);
            self.expect_free(&locals, Some(name)).await?;
            let domain = self.domain().await?;
            let addresses = locals.iter().map(|local| format!("{local}@{domain}")).collect();
            changes.push(replace("mailLocalAddress", addresses));
        }
        changes.extend(change.forward.as_ref().map(|to| replace("mailRoutingAddress", texts(to.as_ref()))));
        changes.extend(change.recovery.as_ref().map(|to| replace("sosRecovery", texts(to.as_ref()))));
        changes.extend(change.quota_mib.as_ref().map(|mib| replace("sosMailQuota", texts(mib.as_ref()))));
        changes
            .extend(change.suspended.map(|on| replace("sosSuspended", if on { vec!["TRUE".into()] } else { vec![] })));
        if changes.is_empty() {
            return Ok(());
        }
        // slapd's `unique` overlay tries the assertion on the whole directory when an address changes; the lock and the
        // comparison above are enough there, because nobody else writes what is written here.
        let seen = Some(seen).filter(|_| moved.is_none());
        self.0.connection.modify(&name::member(name.as_str()), changes, seen).await
    }

    /// Removes a member. Groups and roles that have nobody else go too.
    ///
    /// # Errors
    /// [`DirectoryError::Gone`], [`DirectoryError::LastAdministrator`].
    pub async fn remove_member(&self, name: &MemberName) -> Result<(), DirectoryError> {
        let _writing = self.0.writing.lock().await;
        self.expect_removable(name).await?;
        for (team, others) in self.teams_of(name).await? {
            if others {
                let gone = Mod::Delete("member".to_owned(), [name::member(name.as_str())].into());
                self.0.connection.modify(&team.dn, vec![gone], None).await?;
            } else {
                self.0.connection.delete(&team.dn, None).await?;
            }
        }
        self.0.connection.delete(&name::member(name.as_str()), None).await
    }

    /// Removes a member and gives their addresses to `heir`, and to them the groups and roles that had nobody else.
    ///
    /// slapd writes one entry at a time, and an address has one owner at any moment. So the addresses are noted at the
    /// member while they have no owner, and the member goes last: whatever fails, doing it again completes it.
    ///
    /// # Errors
    /// [`DirectoryError::Gone`], [`DirectoryError::LastAdministrator`], or [`DirectoryError::NoSuchMember`] for the
    /// heir.
    pub async fn hand_over_member(&self, name: &MemberName, heir: &MemberName) -> Result<(), DirectoryError> {
        let _writing = self.0.writing.lock().await;
        let member = self.expect_removable(name).await?;
        if heir == name || self.member(heir).await?.is_none() {
            return Err(DirectoryError::NoSuchMember(heir.to_string()));
        }
        for (team, others) in self.teams_of(name).await? {
            if !others {
                let add = Mod::Add("member".to_owned(), [name::member(heir.as_str())].into());
                self.0.connection.modify(&team.dn, vec![add], None).await?;
            }
        }
        let leaving = self.let_addresses_go(&member).await?;
        let inherited = self.free_of(leaving).await?;
        if !inherited.is_empty() {
            let add = Mod::Add("mailLocalAddress".to_owned(), inherited);
            self.0.connection.modify(&name::member(heir.as_str()), vec![add], None).await?;
        }
        for (team, _) in self.teams_of(name).await? {
            let gone = Mod::Delete("member".to_owned(), [name::member(name.as_str())].into());
            self.0.connection.modify(&team.dn, vec![gone], None).await?;
        }
        self.0.connection.delete(&name::member(name.as_str()), None).await
    }

    /// Makes a member's addresses nobody's, and notes them at the member in the same write. Gives all that are noted:
    /// an earlier time may have ended here.
    async fn let_addresses_go(&self, member: &Member) -> Result<HashSet<String>, DirectoryError> {
        let dn = name::member(member.name.as_str());
        let entry = self.0.connection.entry(&dn, &people(), &["mailLocalAddress", LEAVING]).await?;
        let mut attributes = entry.ok_or(DirectoryError::Gone)?.attrs;
        let mut leaving: HashSet<String> = attributes.remove(LEAVING).into_iter().flatten().collect();
        let owned: Vec<String> = attributes.remove("mailLocalAddress").unwrap_or_default();
        if !owned.is_empty() {
            leaving.extend(owned);
            let noted = leaving.iter().cloned().collect();
            self.0
                .connection
                .modify(&dn, vec![replace("mailLocalAddress", vec![]), replace(LEAVING, noted)], None)
                .await?;
        }
        Ok(leaving)
    }

    /// Those of `addresses` that nobody has.
    async fn free_of(&self, addresses: HashSet<String>) -> Result<HashSet<String>, DirectoryError> {
        let filter = any(addresses.iter().map(|address| equals("mailLocalAddress", address)));
        let entries = self.0.connection.search(SUFFIX, Scope::Subtree, &filter, &["mailLocalAddress"]).await?;
        let taken: HashSet<String> = entries
            .iter()
            .flat_map(|entry| entry.attrs.get("mailLocalAddress").into_iter().flatten())
            .map(|address| address.to_ascii_lowercase())
            .collect();
        Ok(addresses.into_iter().filter(|address| !taken.contains(&address.to_ascii_lowercase())).collect())
    }

    async fn expect_removable(&self, name: &MemberName) -> Result<Member, DirectoryError> {
        let member = self.member(name).await?.ok_or(DirectoryError::Gone)?;
        if self.is_last_administrator(name).await? { Err(DirectoryError::LastAdministrator) } else { Ok(member) }
    }

    /// The groups and roles of a member, and whether there are others in them.
    async fn teams_of(&self, name: &MemberName) -> Result<Vec<(SearchEntry, bool)>, DirectoryError> {
        let filter = equals("member", &name::member(name.as_str()));
        let entries = self.0.connection.search(SUFFIX, Scope::Subtree, &filter, &["member"]).await?;
        let others = |entry: &SearchEntry| entry.attrs.get("member").is_some_and(|members| members.len() > 1);
        Ok(entries
            .into_iter()
            .map(|entry| {
                let others = others(&entry);
                (entry, others)
            })
            .collect())
    }

    /// Whether `name` is an administrator and no other one can log in.
    pub(super) async fn is_last_administrator(&self, name: &MemberName) -> Result<bool, DirectoryError> {
        let administrators = self.administrators().await?;
        if !administrators.contains(name) {
            return Ok(false);
        }
        let others: Vec<MemberName> = administrators.into_iter().filter(|other| other != name).collect();
        Ok(!self.can_any_log_in(&others).await?)
    }

    /// Whether one of these is a member who is not suspended, and has taken their invitation if there was one.
    pub(super) async fn can_any_log_in(&self, names: &[MemberName]) -> Result<bool, DirectoryError> {
        let names = self.not_invited(names);
        if names.is_empty() {
            return Ok(false);
        }
        let names = any(names.iter().map(|name| equals("uid", name)));
        let filter = all([people(), names, "(!(sosSuspended=TRUE))".into()]);
        Ok(!self.0.connection.search(&name::members(), Scope::OneLevel, &filter, &["uid"]).await?.is_empty())
    }

    /// Those who wait for no invitation to be taken.
    fn not_invited(&self, names: &[MemberName]) -> Vec<String> {
        let invited = self.0.invitations.as_ref().map(|(tokens, clock)| tokens.invited(clock.now()));
        let invited = invited.unwrap_or_default();
        names.iter().filter(|name| !invited.contains_key(*name)).map(ToString::to_string).collect()
    }

    /// Refuses addresses that belong to anybody but `own`.
    pub(super) async fn expect_free(&self, locals: &[&str], own: Option<&MemberName>) -> Result<(), DirectoryError> {
        for (kept, by) in KEPT {
            if locals.contains(&kept) {
                return Err(DirectoryError::Taken { address: kept.to_owned(), by: by.to_owned() });
            }
        }
        let domain = self.domain().await?;
        let addresses: Vec<String> = locals.iter().map(|local| format!("{local}@{domain}")).collect();
        let filter = any(addresses.iter().map(|address| equals("mailLocalAddress", address)));
        let wanted = ["uid", "cn", "mailLocalAddress"];
        let own = own.map(|own| name::member(own.as_str()));
        for entry in self.0.connection.search(SUFFIX, Scope::Subtree, &filter, &wanted).await? {
            if own.as_ref() == Some(&entry.dn) {
                continue;
            }
            let has = entry.attrs.get("mailLocalAddress").into_iter().flatten();
            let address = has.map(|address| address.to_ascii_lowercase()).find(|address| addresses.contains(address));
            return Err(DirectoryError::Taken {
                address: local_part(&address.unwrap_or_default()).to_owned(),
                by: owner(&entry),
            });
        }
        Ok(())
    }
}

/// `Zoë` beside `Zoe`, whatever the case.
fn sort_key(name: &str) -> String {
    any_ascii::any_ascii(name).to_lowercase()
}

/// The name of a member, group or role.
fn owner(entry: &SearchEntry) -> String {
    let names = entry.attrs.get("uid").or_else(|| entry.attrs.get("cn"));
    names.and_then(|names| names.first()).cloned().unwrap_or_default()
}

/// All first parts of a member's addresses, each once.
fn with_name<'a>(name: &'a MemberName, addresses: &'a [LocalPart]) -> Vec<&'a str> {
    let further = addresses.iter().map(LocalPart::as_str).filter(|local| *local != name.as_str());
    std::iter::once(name.as_str()).chain(further).collect()
}

fn are_same(name: &MemberName, wanted: &[LocalPart], there: &[String]) -> bool {
    let mut wanted = with_name(name, wanted);
    let mut there: Vec<&str> = std::iter::once(name.as_str()).chain(there.iter().map(String::as_str)).collect();
    wanted.sort_unstable();
    there.sort_unstable();
    wanted == there
}

fn surname(full_name: &str) -> String {
    full_name.rsplit(' ').next().unwrap_or_default().to_owned()
}

fn texts<T: ToString>(value: Option<&T>) -> Vec<String> {
    value.map(ToString::to_string).into_iter().collect()
}

pub(super) fn replace(attribute: &str, values: Vec<String>) -> Mod<String> {
    Mod::Replace(attribute.to_owned(), values.into_iter().collect())
}
