# Before a member's own rules: what rspamd marked as spam is filed under Junk, and nothing else happens to it.
require ["fileinto", "mailbox"];

if header :is "X-Spam" "Yes" {
	fileinto :create "Junk";
	stop;
}
