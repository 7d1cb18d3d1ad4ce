# Sentences of members' own pages, of forgotten passwords and invitations, and of the letters the server writes.

## At a glance

me-title = What is mine
me-address = Your address here is { $address }.
me-kept-here = Letters are kept here
me-forwarded = Letters are sent on to { $address }
me-away = Letters are being answered
me-away-between = Letters are answered from { $from } to { $to }
me-away-from = Letters are answered from { $from } on
me-away-to = Letters are answered until { $to }
me-not-away = Off
me-filters = { $count ->
    [0] No rules yet
    [one] One rule
   *[other] { $count } rules
}
me-recovery = If you forget it, a link goes to { $address }
me-no-recovery = Name an address elsewhere, in case you forget it

## Password

password-title = Password
password-about = This password is for everything here: this page, email in the browser, and your phone. After a change, type the new one into your phone and your other devices too.
password-current = The password you have now
password-current-missing = Please type the password you have now.
password-new = New password
password-new-hint = At least 10 characters. Four words that have nothing to do with each other are easy to remember and hard to guess.
password-change = Set the new password
password-changed = Your new password is set. Everywhere else you were signed in here, you are signed out now.
password-same = This is the one you have now. Please choose another.
password-wrong = This is not your password. Please try again.
password-later = There were too many wrong passwords. Please try again in { $time }.

## Where letters go

mail-title = My email
mail-addresses = Letters to these addresses come to you:
mail-where-title = Where your letters go
mail-where = What should happen to your letters?
mail-where-missing = Please choose one of the two.
mail-here = Keep them here
mail-elsewhere = Send them on
mail-forward = Send them on to
mail-forward-hint = Your address with another provider, such as jill@elsewhere.example
mail-forward-means = «Send them on» means: new letters to your address here go to that other address and are not kept here. Letters that are here already stay here. If the other provider thinks a letter is unwanted, it may refuse it or put it where you do not look.
mail-forward-missing = Please write the address that your letters should go to.
mail-forward-wrong = This is no email address. Please write one such as jill@elsewhere.example.
mail-not-elsewhere = This address is on this very server. Please write one that you have with another provider.
mail-save = Save
mail-here-saved = From now on, your letters are kept here.
mail-elsewhere-saved = From now on, your letters are sent on to { $address }.
mail-recovery-title = If you forget your password
mail-recovery-about = Then we send a link to this address elsewhere, and you choose a new password with it. Nobody needs to help you.
mail-recovery = Your address elsewhere
mail-recovery-hint = With another provider, such as jill@elsewhere.example. Only those who look after the server can see it.
mail-recovery-wrong = This is no email address. Please write one such as jill@elsewhere.example.
mail-recovery-save = Save the address elsewhere
mail-recovery-saved = Your address elsewhere is saved.
mail-no-recovery = no address
mail-password = Your password
mail-password-hint = So that nobody else changes this while you are away from your screen
mail-stale = Somebody else changed this in the meantime. There is now: { $now }. If you still want yours, save it once more.

## Away message

vacation-title = Away message
vacation-about = Whoever writes to you gets this answer, once in seven days. Letters to lists and advertisements are not answered.
vacation-rule = Away message
vacation-on = Answer my letters
vacation-from = First day
vacation-from-hint = Leave it empty to begin at once
vacation-to = Last day
vacation-to-hint = Leave it empty to go on until you switch it off
vacation-no-day = This is no day. Please write it as in 2026-07-31.
vacation-to-before-from = The last day is before the first. Please change one of them.
vacation-to-over = This day is over. Please choose another, or leave it empty.
vacation-subject = Subject of the answer
vacation-subject-hint = Leave it empty to use the letter's own subject
vacation-subject-long = This is too long. Please shorten it to 200 characters.
vacation-reason = The answer
vacation-reason-hint = Such as: I am away until the end of July. In urgent cases please write to the secretary.
vacation-reason-missing = Please write what the answer should say.
vacation-reason-long = This is too long. Please shorten it to 5000 characters.
vacation-save = Save
vacation-saved-on = Saved. Your letters are answered.
vacation-saved-off = Saved. Your letters are not answered.
vacation-not-taken = The mail server did not take this answer. Please make it simpler, and try again.
vacation-more = In your email in the browser you set up more for this answer than this page shows. That stays as it is.
vacation-closed = You have an away message that another program wrote, and this page cannot show it. Please change it there, or in your email in the browser.

## What the away message and sorting have in common

script-changed = Your rules were changed in the meantime, in your email in the browser or in another window. What is shown now is the newest. Please check it and save again.
script-other = Another program's rules, called «{ $name }», sort your letters now.
script-replace = Use the rules of this page instead
script-replace-missing = Please tick this if the rules of this page should be used instead of those of the other program.
script-forwarded = Your letters are sent on to { $address } and do not stay here. So nothing on this page happens to them. Set up your answer with the other provider instead.
script-webmail = Go to your email in the browser

## Sorting

filters-title = Sorting
filters-about = When a letter comes in, these rules are followed from the first to the last.
filters-none = There are no rules yet.
filters-new = A new rule
filters-edit-title = Change a rule
filters-part = If this
filters-part-missing = Please choose where to look.
filters-sender = the sender
filters-subject = the subject
filters-recipient = the recipient
filters-text = contains
filters-text-hint = A word, a name, or a part of an address. Capitals do not matter.
filters-text-missing = Please write what to look for.
filters-text-long = This is too long. Please shorten it to 200 characters.
filters-action = then
filters-action-missing = Please choose what should happen.
filters-move = put the letter into a folder
filters-read = mark the letter as read
filters-bin = put the letter into the bin
filters-discard = delete the letter at once, for good
filters-copy = send a copy to another address
filters-folder = Folder
filters-folder-hint = Only for a folder. It is made if there is none yet. Garden/Seeds is the folder Seeds inside Garden.
filters-folder-missing = Please write the name of the folder.
filters-folder-wrong = A folder cannot have this name. Please use letters, digits and spaces.
filters-address = Other address
filters-address-hint = Only for a copy, such as jack@elsewhere.example
filters-address-wrong = This is no email address. Please write one such as jack@elsewhere.example.
filters-add = Add the rule
filters-save = Save the rule
filters-back = Back without saving
filters-added = The rule is added.
filters-changed = The rule is changed.
filters-on = The rule is switched on.
filters-off = The rule is switched off.
filters-removed = The rule is removed.
filters-too-many = There are very many rules already. Please remove some first.
filters-not-taken = The mail server did not take this rule. Please make it simpler, and try again.
filters-closed = Another program wrote rules that this page cannot read. Please change them there, or in your email in the browser.
filters-is-off = off
filters-edit = Change
filters-edit-this = Change: { $rule }
filters-switch-off = Switch off
filters-switch-off-this = Switch off: { $rule }
filters-switch-on = Switch on
filters-switch-on-this = Switch on: { $rule }
filters-remove = Remove
filters-remove-this = Remove: { $rule }
filters-other = «{ $name }»: made with another program; please change it there or in your email in the browser.
filters-other-nameless = A rule made with another program; please change it there or in your email in the browser.
filters-sentence = If { $conditions }: { $actions }
filters-if-sender = the sender contains «{ $text }»
filters-if-subject = the subject contains «{ $text }»
filters-if-recipient = the recipient contains «{ $text }»
filters-and = and
filters-or = or
filters-then-move = into the folder «{ $folder }»
filters-then-read = mark as read
filters-then-bin = into the bin
filters-then-discard = delete at once
filters-then-copy = send a copy to { $address }

## Phone

phone-title = Set up my phone
phone-about = Choose what fits your device. You need your name and your password, the ones you signed in with here.
phone-forwarded = Your letters are sent on to { $address }. So your mailbox here stays empty; you read your letters there. If you want them on your phone from here, first choose «Keep them here» under «My email».
phone-apple-title = iPhone, iPad and Mac
phone-apple-about = Open this page on the device itself, and tap here:
phone-apple-do = Get the settings
phone-apple-1 = Allow the download when you are asked.
phone-apple-2 = Open «Settings». At the top there is «Profile Downloaded»: tap it, then «Install». It says «Not signed»; that is as it should be.
phone-apple-3 = Type your password when you are asked.
phone-profile-about = Sets up your email at { $organisation }. There is no password in it; your device asks for it.
phone-others-title = Thunderbird, Outlook and many others
phone-others-about = Choose «Add account», and type your full name, your address and your password. The program finds the rest by itself. If it does not, use the table.
phone-table-title = All others
phone-table-about = Choose «IMAP» or «Other account», and copy this:
phone-in = Incoming
phone-out = Outgoing
phone-kind = Kind
phone-server = Server
phone-port = Port
phone-safety = Security
phone-user = User name
phone-password = Password
phone-password-which = the one you signed in with here
phone-full-name = Your name, as others see it
phone-address = Your address

## Forgotten password

forgot-title = Forgot your password?
forgot-about = We send a link to the address elsewhere that you named, and you choose a new password with it.
forgot-who = Your name here, or your address
forgot-who-hint = Such as jill.archer, or jill@elsewhere.example
forgot-who-missing = Please write your name here, or one of your addresses.
forgot-do = Send the link
forgot-back = Back to signing in
forgot-sent = If you are a member and named an address elsewhere, a letter with a link is on its way to it.
forgot-sent-more = The link is good for one hour. If no letter comes within ten minutes, look into your folder for unwanted letters. If it is not there either, ask whoever looks after the server: they can send you a new link.
forgot-no-letters = This server sends no letters just now, because Email is switched off. Please ask whoever looks after the server for help.
reset-title = Choose a new password
reset-about = This will be the new password of { $name }.
reset-over = This link was used already, or it is older than one hour.
reset-done = Your new password is set. Please sign in with it.
link-over-title = This link is not good any more
link-over-again = Ask for a new link
link-once-more = That could not be done just now. Please wait a minute and choose a password once more here: this is a new link.

## Invitation

invite-title = Welcome
invite-about = Dear { $full_name }, { $organisation } has set up an address for you. Please choose a password.
invite-name = Your name for signing in
invite-address = Your new address
invite-password = Choose a password
invite-recovery-hint = With another provider, such as jill@elsewhere.example. If you forget your password, we send a link to it.
invite-do = Begin
invite-done = Welcome! You are signed in. Next, you may set up your phone.
invite-over = This invitation was used already, or it is older than a week. Ask whoever looks after the server for a new one.

## Letters

letter-reset-subject = A new password for { $organisation }
letter-reset =
    Dear { $full_name },

    somebody, probably you, asked for a new password at { $organisation }.
    Your name there is { $name }.

    To choose a new password, open this link within one hour:

    { $link }

    If you did not ask for it, you need not do anything: your password stays
    as it is.

    { $organisation }
letter-news-subject = Something was changed at { $organisation }
letter-news =
    Dear { $name },

    { $what }

    If it was you, all is well. If it was not, choose a new password at once
    («Forgot your password?» on the page for signing in) and tell whoever looks
    after the server.

    { $organisation }
letter-news-password = your password was changed.
letter-news-recovery = your address elsewhere was changed, to which a link for a new password goes.
letter-news-forward = it was changed where your letters go: kept here, or sent on.

## In the log

log-password-changed = changed their password
log-password-reset = chose a new password by a link
log-invitation-taken = took their invitation
log-recovery-changed = changed their address elsewhere
log-forward-changed = changed where their letters go
