# Sentences of the administrators' pages: members, the import of a list, groups, offices, services, the organisation,
# health, updates, the log; and the letter that invites a new member.

## Shared by these pages

form-save = Save
form-back = Go back without saving
stale-title = Somebody else changed this in between
stale-text = Nothing of yours is saved yet. Compare both; if you save now, your version takes the place of theirs.
stale-field = What
stale-yours = You wrote
stale-now = There is now
stale-ticks = Your choice is kept below.
stale-theirs = Leave it as it is there now

## What can be wrong with what was typed

slip-full-name-missing = Please write the full name, such as Jill Archer.
slip-full-name-long = This name has more than 100 characters. Please shorten it.
slip-formula = «{ $text }» would be calculated by a spreadsheet. Please remove the sign at its beginning.
slip-login-missing = Please write a name to sign in with, such as jill.archer.
slip-login-odd = A name to sign in with has only small letters a–z, digits, dots, hyphens and underscores, begins with a letter, and has at most 32 characters, such as jill.archer.
slip-login-not-made = No name to sign in with can be made from «{ $name }». Please write one, such as jill.archer.
slip-address-elsewhere = «{ $text }» is not an address of this server. Please write only what stands before the @.
slip-address-odd = «{ $text }» cannot be an address here. Please use letters a–z, digits, dots, hyphens and underscores.
slip-addresses-many = More than 20 further addresses are too many for one person. Please remove some.
slip-taken = The address { $address } belongs to { $by } already. Please choose another one.
slip-twice = { $address } stands on line { $line } already. If this is somebody else, add a column “login” with another name for one of them.
slip-there-already = { $name } seems to be a member already: { $by }. If this is somebody else, add a column “login” with another name for them.
slip-forward-odd = This is not a mail address. Please write one such as jill@example.org, or leave it empty.
slip-forward-here = This is an address of this server. Please write one elsewhere, or leave it empty.
slip-recovery-missing = An invitation needs an address to go to. Please write one that they read already.
slip-recovery-odd = This is not a mail address. Please write one such as jill@example.org.
slip-recovery-here = This is an address of this server, which they cannot read without their password. Please write one elsewhere.
slip-quota-odd = Please write a whole number of megabytes, such as 500.
slip-nobody-picked = Nobody is picked. Please tick at least one person.
slip-no-such-member = { $name } is not a member any more. Please check who is ticked, and save again.
slip-last-administrator = Nobody would be left who can look after the server. Please make somebody else an administrator first, under Offices.
slip-columns = This line has more columns than the first one. Put quotation marks around a text that has the separator in it.

## Members

members-title = Members
members-invite = Invite somebody
members-new = Add with a password
members-import = Add a whole list
members-search = Find somebody by name or address
members-search-do = Find
members-all = Show all
members-count = { $count ->
    [one] 1 member
   *[other] { $count } members
}
members-found = { $count ->
    [0] Nobody fits “{ $search }”.
    [one] 1 member fits “{ $search }”.
   *[other] { $count } members fit “{ $search }”.
}
members-tag-administrator = administrator
members-tag-suspended = suspended
members-tag-invited = invited, not here yet
members-tag-forward = mail goes elsewhere
members-back = All members
members-new-title = Add a member
members-new-lead = You choose the first password and tell it to them. They can change it once they have signed in.
members-new-do = Add this member
members-invite-title = Invite a member
members-invite-lead = They get a letter with a link, and choose a password themselves. The link is good for 7 days.
members-invite-do = Add and send the invitation
members-full-name = Full name
members-full-name-hint = For example: Jill Archer
members-name = Name to sign in with
members-name-hint = It is also the first part of their address and stays as it is, for example jill.archer. Leave it empty to have one made from the full name.
members-password = First password
members-password-hint = Several words are easy to remember and hard to guess, for example three green beans
members-recovery = Address elsewhere
members-recovery-hint = One they read already, for example jill@example.org. Invitations go there, and a link if they forget their password.
members-own-password = Your own password
members-own-password-hint = Only if you change the address elsewhere: whoever reads mail there can set a new password
members-more = More: further addresses, forwarding, room for mail
members-addresses = Further addresses here
members-addresses-hint = One on each line, what stands before the @, for example j.archer
members-forward = Send their mail on to
members-forward-hint = For example jill@example.org. Leave it empty to keep their mail here.
members-quota = Room for mail, in megabytes
members-quota-hint = For example 500. Leave it empty to give as much as everybody has.
members-teams = Groups and offices
members-teams-none = None. People are put into groups on the groups' own pages.
members-else = What else you can do
members-suspend = Suspend
members-suspend-hint = Suspended members cannot sign in anywhere, and read no mail. Letters to them are still taken in and kept.
members-resume = Let them in again
members-resume-hint = This member is suspended and cannot sign in anywhere.
members-invite-again = Send an invitation
members-invite-again-hint = A letter with a link to choose a password goes to the address elsewhere. The password they have now stays good until they use it.
members-remove = Remove this member …
members-remove-hint = The next page asks what happens to their mail.
members-added = { $name } is a member now.
members-invited = { $name } is a member now; an invitation is on its way to { $address }.
members-invited-again = An invitation for { $name } is on its way to { $address }.
members-invitation-failed = { $name } is a member, but the invitation could not be sent. Please try “Send an invitation” in a few minutes.
members-invitations-many = { $name } is a member, but no invitation was sent: you have sent very many since yesterday. Please try “Send an invitation” tomorrow.
members-saved = What you changed about { $name } is saved.
members-suspended = { $name } is suspended and was signed out here.
members-resumed = { $name } can sign in again.
members-remove-title = Remove { $name }
members-remove-lead = { $name } will not be able to sign in any more, and leaves all groups and offices.
members-remove-myself = This is you: you will be signed out at once.
members-remove-not = Do not remove
members-remove-do = Remove { $name }
members-alone = Nobody else is in these; they go too, unless you hand the address over. To keep one, put somebody else into it first:
members-mail = What happens to their mail?
members-mail-keep = Keep their mail for 30 days, then delete it. New letters are sent back.
members-mail-delete = Delete their mail now. This cannot be undone. New letters are sent back.
members-mail-hand = Somebody else gets new letters from now on. The old mail is kept for 30 days, then deleted.
members-mail-choose = Please choose one of these.
members-heir = Who gets new letters?
members-heir-hint = Only if somebody else is to get them, for example the one who takes over
members-heir-none = Nobody
members-heir-missing = Please choose who gets the letters.
members-removed = { $name } is not a member any more.
members-removed-not-mail = { $name } is not a member any more, but their mail could not be put away. Please tell whoever supports your server.

## The invitation

invitation-subject = Your address at { $organisation }
invitation-text =
    Hello { $name },

    { $organisation } has an email address for you.
    To choose your password, open this link within 7 days:

    { $link }

    If you did not expect this letter, you need not do anything.

## A list of new members

import-title = Add a whole list
import-lead = Take the list of members that you have, from any spreadsheet. You see what would happen before anything does.
import-step-save = In your spreadsheet choose “Save as” and “CSV”.
import-step-columns = The first line says what the columns are: full name (or first name and last name), email, and if you like login, further addresses, forward, quota. Others are left out.
import-step-look = Send it here. Nobody is added before you have seen the list and pressed a second button.
import-sample =
    first name,last name,email
    Jill,Archer,jill@example.org
    David,Archer,david@example.net
import-file = The file
import-file-hint = A .csv file, for example members.csv, with at most 1000 lines
import-paste = Or paste the lines here instead
import-pasted = Lines
import-pasted-hint = Copied from a spreadsheet or written by hand, first line as above
import-try = Look at the list
import-fault-empty = There is nothing to read. Please choose a file, or paste lines, with a first line and at least one person below it.
import-fault-columns = The first line does not say which column has the names. Please write “full name”, or “first name” and “last name”, above them.
import-fault-many = There are more than { $count } lines. Please send the list in parts.
import-fault-no-text = This is not a list as text. In your spreadsheet choose “Save as” and “CSV”, and send that file.
import-fault-name = The file's name should end in .csv. In your spreadsheet choose “Save as” and “CSV”, and send that file.
import-try-title = What would happen
import-nothing-yet = Nothing is changed yet.
import-ignored = These columns are left out: { $columns }
import-again = Send another file
import-bad = { $count ->
    [one] 1 line cannot be used
   *[other] { $count } lines cannot be used
}
import-bad-hint = Mend them in your spreadsheet and send the file again, or go on without them.
import-line = Line { $count }
import-good = { $count ->
    [one] 1 person can be added
   *[other] { $count } people can be added
}
import-letters = { $count ->
    [0] Nobody gets an invitation by mail.
    [one] 1 person gets an invitation by mail.
   *[other] { $count } people get an invitation by mail.
}
import-by-hand = { $count ->
    [one] 1 person has no address elsewhere; you get a link to hand over.
   *[other] { $count } people have no address elsewhere; you get links to hand over.
}
import-add = { $count ->
    [one] Add 1 person
   *[other] Add all { $count } people
}
import-add-good = { $count ->
    [one] Add this 1 person and leave the others out
   *[other] Add these { $count } people and leave the others out
}
import-show-good = Show who can be added
import-report-title = Adding the list
import-busy = A list is being added already. Please wait until it is done.
import-going = { $count } of { $total } people are through.
import-going-hint = This page loads itself again. You may leave it; the work goes on.
import-done = { $count ->
    [0] Nobody was added.
    [one] 1 person was added.
   *[other] { $count } people were added.
}
import-done-letters = { $count ->
    [0] No invitation was sent.
    [one] 1 invitation is on its way.
   *[other] { $count } invitations are on their way.
}
import-failed = { $count ->
    [one] 1 person could not be added
   *[other] { $count } people could not be added
}
import-failed-otherwise = The server did not take this one. Please add them by hand.
import-links = { $count ->
    [one] 1 link to hand over
   *[other] { $count } links to hand over
}
import-links-hint = No invitation went to these people. Give each of them their own link; it is good for 7 days, and for choosing a password once. The links are shown here only until the next list.

## Groups and offices

groups-title = Groups
groups-lead = One address for several people: a letter to the group reaches everybody in it.
groups-new = Add a group
groups-new-title = Add a group
groups-back = All groups
groups-name = Name of the group
groups-name-hint = It is the first part of its address, for example committee
roles-title = Offices
roles-lead = An address that stays when the person changes, such as treasurer. Several people can hold one together.
roles-new = Add an office
roles-new-title = Add an office
roles-back = All offices
roles-name = Name of the office
roles-name-hint = It is the first part of its address, for example treasurer
roles-administrators = Whoever is ticked here can open these pages and look after the server. Letters to postmaster, abuse and webmaster reach them too.
teams-none = There is none yet.
teams-name-missing = Please write a name, such as committee.
teams-who-writes = Who may write to it?
teams-open = everybody may write
teams-closed = members only
teams-open-hint = Everybody, also people elsewhere
teams-closed-hint = Members only; letters from elsewhere are sent back
teams-members = Who is in it?
teams-add = Add it
teams-added = { $address } is there now.
teams-saved = { $address } is saved.
teams-remove = Remove …
teams-remove-hint = Letters to this address will be sent back. The people in it stay members.
teams-remove-do = Remove it
teams-removed = { $address } is removed.

## Services

services-title = Services
services-lead = What this server does for you.
services-on = Switched on
services-on-now = Switched on now:
services-mail-about = Addresses and mailboxes for your members, on their phones and computers.
services-webmail-about = Reading and writing mail in the browser. It needs Email.
services-webmail-needs-mail = Email in the browser shows the mail of this server, so it needs Email. Switch Email on, or Email in the browser off.
services-off-hint = What you switch off keeps its data and has it again when you switch it on. While Email is off, letters to you wait with their senders and come back to them after some days. The server sends no letters then either: no invitations, and no links for who forgot their password.
services-saved = Saved. It takes a minute until everything is as you chose.
services-issue = The server does not take this choice. Please load this page again and choose once more.

## Organisation

organisation-title = Organisation
organisation-name = Name
organisation-name-hint = As your members write it, for example Ambridge Garden Club
organisation-name-wrong = Please write a name of at most 100 characters.
organisation-timezone = Time zone
organisation-timezone-hint = The nearest large city, for example London
organisation-timezone-wrong = Please choose a time zone from the list.
organisation-language = Language
organisation-language-hint = Of pages for those whose browser asks for no other, and of letters from the server, for example English
organisation-language-wrong = Please choose a language from the list.
organisation-quota = Room for each member's mail, in megabytes
organisation-quota-hint = For example 1024, which is room for some ten thousand letters. Members can have more or less on their own page.
organisation-message = Largest letter, in megabytes
organisation-message-hint = For example 25. Many servers elsewhere take no more.
organisation-message-wrong = Please write a whole number from 1 to 100.
organisation-saved = Saved.
organisation-issue = The server does not take this. Please load this page again and write it once more.
organisation-logo = Logo
organisation-logo-now = Your logo
organisation-logo-file = A picture
organisation-logo-hint = PNG, JPEG or WebP with at most 200 kB, for example logo.png. It stands at the top of every page.
organisation-logo-do = Use this picture
organisation-logo-remove = Remove the logo
organisation-logo-saved = Your logo is at the top of every page now.
organisation-logo-removed = The logo is removed.
organisation-logo-missing = Please choose a picture first.
organisation-logo-large = This picture has more than 200 kB. Please make it smaller and try again.
organisation-logo-kind = This is not a PNG, JPEG or WebP picture. Please save it as one and try again.
organisation-logo-name = The file's name does not fit the picture in it: a PNG ends in .png, a JPEG in .jpg, a WebP in .webp. Please save the picture anew and try again.

## Health

health-title = Health
health-all-well = Everything is working.
health-some = Most is working; look at what is marked.
health-check = Try everything now
health-check-hint = Every service does its real work once, which can take a minute.
health-checked-lately = Everything was tried several times in the last minutes. Please wait ten minutes before you try it again.
health-checking = Everything is being tried just now. This page loads itself again until it is done.
health-services = Services
health-machine = The machine
health-mood-well = well
health-mood-look = worth a look
health-mood-broken = broken
health-service-well = Did its real work { $ago } ago.
health-service-starting = It is starting. Please look again in a minute.
health-service-broken = When last tried, { $ago } ago, it did not work.
health-restart = Start it again
health-for-support = For whoever supports your server
health-disk = Disk
health-disk-well = { $free } GB of { $all } GB are free.
health-disk-low = Only { $free } GB of { $all } GB are free. Ask members with much mail to delete some, or your provider for a larger disk.
health-disk-full = The disk is full: { $free } GB of { $all } GB are free. New mail may be refused. Ask your provider for a larger disk.
health-memory = Memory
health-memory-well = { $free } MB of { $all } MB are free.
health-memory-low = Only { $free } MB of { $all } MB are free; pages may be slow. If it stays so, ask your provider for more memory.
health-certificate = Certificate
health-certificate-well = Browsers trust this server ({ $names }). It is renewed by itself before { $until }.
health-certificate-own = No authority has signed for this server yet, so browsers show a warning. That comes by itself once your domain leads here; see Your domain.
health-certificate-soon = It is good until { $until } only and could not be renewed yet. The server tries by itself; you can have it try now.
health-certificate-over = It ran out on { $until }; browsers show a warning. Have the server ask for a new one.
health-certificate-ask = Ask for a new one now
health-queue = Outgoing mail
health-queue-empty = No letter is waiting.
health-queue-some = { $count ->
    [one] 1 letter is on its way, since { $oldest }. That is usual.
   *[other] { $count } letters are on their way, the oldest since { $oldest }. That is usual.
}
health-queue-old = { $count ->
    [one] 1 letter has been waiting for { $oldest }. Mostly the server it is for does not take it; ours tries again by itself for five days.
   *[other] { $count } letters are waiting, the oldest for { $oldest }. Mostly the servers they are for do not take them; ours tries again by itself for five days.
}
health-queue-flush = Try again now
health-mended = Done. Please look again in a minute.
health-not-mended = That could not be done just now. Please try again in a few minutes.

## Updates

updates-title = Updates
updates-now = This server runs version
updates-checking = The server is looking for a newer version.
updates-loads-again = This page loads itself again.
updates-fetching = The new version is being fetched: { $here } of { $all } MB are here.
updates-fetching-more = Everything goes on working meanwhile. This page loads itself again; you may leave it.
updates-trying = The server is starting with another version, and will be back in a few minutes.
updates-trying-more = These pages are away until then. Afterwards sign in again: this page says how it went. If the version does not work, the server puts everything back as it was before, by itself; that can take a quarter of an hour. Letters from elsewhere wait meanwhile, and none is lost.
updates-taken-back = The server tried version { $version } on { $at }, and it did not work here. Everything was put back as it was before, and no letter was lost. You need not do anything.
updates-fault-looking = When the server last looked for a newer version, on { $at }, it got no good answer. It tries again by itself. If this stays so for more than a few days, please tell whoever supports your server.
updates-fault-never = The server could not look for a newer version so far. It tries again by itself. If this stays so for more than a few days, please tell whoever supports your server.
updates-fault-fetching = The last time, the server did not get on with it. It tries again by itself, and goes on where it stopped.
updates-no-channel = This server was built without a place to get updates from. Your provider can say how newer versions come to you.
updates-never-checked = The server has not looked yet whether there is a newer version. It does so every night by itself.
updates-newest = There is nothing newer to update to. The server last looked on { $at }, and looks again every night.
updates-newer = Newer: version { $version }
updates-size = About { $size } MB have to be fetched first. Everything goes on working meanwhile.
updates-is-here = All of it is fetched and checked.
updates-failed-before = This version was tried here before and taken back. The server tries it in another night, three times in all.
updates-failed-for-good = This version was tried here three times, and did not work. The server does not try it again, and waits for the next one.
updates-left-alone = The server does not update to version { $version } again, and waits for the next one.
updates-gone-back = An administrator had the server go back to version { $version } on { $at }. Everything is as it was before the update.
updates-means = To update, the server starts anew with this version and tries every service. For a few minutes nobody can read or send letters here. Letters from elsewhere wait with the servers they come from, which try again by themselves: nothing is lost. If something does not work, the server puts everything back as it was before.
updates-do = Update now
updates-tonight-at = If you do nothing, the server updates by itself tonight, soon after { $time }.
updates-tonight = If you do nothing, the server updates by itself at night.
updates-look = Look for a newer version now
updates-look-hint = It only looks; nothing is changed.
updates-looked-lately = The server looked several times in the last minutes. Please wait ten minutes before you have it look again.
updates-history = What happened so far
updates-history-none = Nothing yet: this is the first version on this server.
updates-event-updated = Updated from version { $from } to { $to }
updates-event-taken-back = Version { $to } was tried and taken back; { $from } went on
updates-event-went-back = Went back from version { $from } to { $to }
updates-by-itself = by itself
updates-back-title = Going back
updates-back-about = For some days after an update you can go back to the version before, now { $version }. That loses what came since; the next page says what.
updates-back-look = Go back to the version before …
updates-back-not = Do not go back
updates-back-lead = The server would run version { $version } again, with everything as it was on { $since }.
updates-back-lost = Everything since { $since } would be lost:
updates-back-lost-letters = Letters that came in or were sent since. Those who wrote to you are not told, and their letters do not come again. What others elsewhere have from you stays with them, but your copies are gone; what still waits to be sent is never sent.
updates-back-lost-people = What was changed about members, groups and offices. Who was added since is gone; who was removed since is a member again.
updates-back-lost-passwords = Passwords that were chosen since. The ones before are good again.
updates-back-lost-settings = Settings, sorting and away messages that were changed since, and what the log says of all this.
updates-back-for-good = This cannot be undone.
updates-back-first = If you can wait, first ask whoever supports your server, and save letters that you need somewhere else.
updates-back-sure = Yes, everything since { $since } may be lost.
updates-back-sure-missing = Please tick this if you want to go back although everything since then is lost.
updates-back-password-hint = The one you sign in with. It is asked again because this cannot be undone.
updates-back-do = Go back to version { $version }
updates-back-away = The server is away for a few minutes then. Afterwards sign in again with the password you had.
updates-back-begun = The server goes back to version { $version }.
updates-back-gone = What you read about cannot be gone back to any more. Nothing was changed.
updates-back-none = There is no version to go back to now. It is kept for some days after an update, until the next one is fetched.

## Log

log-title = Log
log-lead = Who changed what, the newest first.
log-none = Nothing was changed yet.
log-by-provider = your provider
log-claimed = The server was taken over
log-member-added = { $about } was added
log-member-invited = { $about } was invited
log-member-changed = { $about } was changed
log-member-suspended = { $about } was suspended
log-member-resumed = { $about } was let in again
log-member-removed = { $about } was removed
log-members-imported = A list was added: { $about } people
log-group-added = The group { $about } was added
log-group-changed = The group { $about } was changed
log-group-removed = The group { $about } was removed
log-role-added = The office { $about } was added
log-role-changed = The office { $about } was changed
log-role-removed = The office { $about } was removed
log-settings-changed = Settings were changed: { $about }
log-mailbox-removed = The mail of { $about } was deleted
log-mailbox-kept = The mail of { $about } was put away for 30 days
log-service-restarted = The service { $about } was started again
log-queue-flushed = Waiting mail was tried again
log-certificate-asked = A new certificate was asked for
log-update-looked-for = A newer version was looked for
log-update-begun = The update to version { $about } was started
log-update-begun-any = An update was started
log-going-back = Going back to version { $about } was started
log-logo-changed = The logo was changed
log-logo-removed = The logo was removed
log-other = { $what }: { $about }
