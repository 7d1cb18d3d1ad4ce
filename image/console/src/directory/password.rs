//! Passwords: compared by slapd, hashed by slapd, and never read.

use ldap3::exop::PasswordModify;
use sos_settings::{MemberName, PROBE_MEMBER};

use super::{Directory, DirectoryError, name};
use crate::password::{LONGEST, SHORTEST};

/// Why a password will not do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordFault {
    /// Too few characters.
    Short,
    /// Too many bytes.
    Long,
    /// It has a line break or another control character.
    Control,
    /// It is the name it is for.
    Name,
}

/// Whether `new` may become the password of `member`.
///
/// # Errors
/// The first reason why not.
pub fn check_new_password(new: &str, member: &str) -> Result<(), PasswordFault> {
    if new.chars().count() < SHORTEST {
        return Err(PasswordFault::Short);
    }
    if new.len() > LONGEST {
        return Err(PasswordFault::Long);
    }
    if new.chars().any(char::is_control) {
        return Err(PasswordFault::Control);
    }
    if new.eq_ignore_ascii_case(member) {
        return Err(PasswordFault::Name);
    }
    Ok(())
}

impl Directory {
    /// Whether `password` is the member's, on a connection of its own. A name that nobody has, and a member who is
    /// suspended, take as long as a wrong password.
    ///
    /// # Errors
    /// [`DirectoryError::Down`].
    pub async fn check_password(&self, member: &MemberName, password: &str) -> Result<bool, DirectoryError> {
        // An empty password would be no login at all (RFC 4513, section 5.1.2), and a longer one than any is wrong.
        if password.is_empty() || password.len() > LONGEST {
            return Ok(false);
        }
        if self.member(member).await?.is_none_or(|member| member.suspended) {
            self.bind(PROBE_MEMBER, password).await?;
            return Ok(false);
        }
        self.bind(member.as_str(), password).await
    }

    async fn bind(&self, uid: &str, password: &str) -> Result<bool, DirectoryError> {
        /// Wrong password (49), no password (48), not allowed to (50, 53).
        const NO: [u32; 4] = [48, 49, 50, 53];
        let mut ldap = self.0.connection.connect().await?;
        let result = ldap.simple_bind(&name::member(uid), password).await?;
        // Nothing more is asked on this connection, and it ends in any case.
        let _ = ldap.unbind().await;
        if NO.contains(&result.rc) {
            return Ok(false);
        }
        result.success()?;
        Ok(true)
    }

    /// Gives a member a new password.
    ///
    /// # Errors
    /// [`DirectoryError::Gone`], or when slapd refuses or does not answer.
    pub async fn set_password(&self, member: &MemberName, new: &str) -> Result<(), DirectoryError> {
        if self.member(member).await?.is_none() {
            return Err(DirectoryError::Gone);
        }
        let dn = name::member(member.as_str());
        let mut ldap = self.0.connection.handle().await?;
        let modify = PasswordModify { user_id: Some(&dn), old_pass: None, new_pass: Some(new) };
        let done = ldap.extended(modify).await;
        self.0.connection.kept(done).await?.success()?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_each_password_by_its_reason() {
        assert_eq!(check_new_password("seven77", "jill"), Err(PasswordFault::Short));
        assert_eq!(check_new_password(&"x".repeat(257), "jill"), Err(PasswordFault::Long));
        assert_eq!(check_new_password("two\nlines of it", "jill"), Err(PasswordFault::Control));
        assert_eq!(check_new_password("Jill.Archer", "jill.archer"), Err(PasswordFault::Name));
        assert_eq!(check_new_password("grün wie Gras", "jill"), Ok(()));
    }
}
