//! Passwords: compared by slapd, hashed by slapd, and never read.

use ldap3::exop::PasswordModify;
use sos_settings::{MemberName, PROBE_MEMBER};

use super::{Directory, DirectoryError, name};
use crate::password::LONGEST;

impl Directory {
    /// Whether `password` is the member's, on a connection of its own. A name that nobody has, and a member who is
    /// suspended, take as long as a wrong password.
    ///
    /// # Errors
    /// [`DirectoryError::Down`].
    pub async fn check_password(&self, member: &MemberName, password: &str) -> Result<bool, DirectoryError> {
        // An empty password would be no login at all (RFC 4513, section 5.1.2), and a longer one than any is wrong.
        if password.is_empty() || password.chars().count() > LONGEST {
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
